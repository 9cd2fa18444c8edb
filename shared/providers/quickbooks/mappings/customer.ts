import { defineMapping } from '../../../mapping/mapping';
import { customer } from '../../../schema/entities/customer/schema';
import { active, address, amount, currency, flag, name, text } from '../rows';

export const customerMapping = defineMapping({
  entity: customer,
  rows: [
    active('DisplayName'),
    name('displayName', 'DisplayName'),
    text('companyName', 'CompanyName'),
    text('givenName', 'GivenName'),
    text('familyName', 'FamilyName'),
    text('email', 'PrimaryEmailAddr.Address'),
    text('phone', 'PrimaryPhone.FreeFormNumber'),
    address('billingAddress', 'BillAddr'),
    address('shippingAddress', 'ShipAddr'),
    currency(),
    flag('taxable', 'Taxable'),
    text('notes', 'Notes'),
    amount('balance', 'Balance', { direction: 'read' }),
  ],
});
