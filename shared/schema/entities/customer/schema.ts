import { address } from '../../address';
import { defineEntity } from '../../entity';
import { flag, money, text } from '../../fields';

export const customer = defineEntity({
  name: 'customer',
  label: 'Customer',
  plural: 'Customers',
  version: 1,
  title: 'displayName',
  recognisedBy: ['companyName', 'email'],
  naturalKey: { fields: ['displayName'], unique: true },
  shape: {
    displayName: text('Display Name', 500, { required: true }),
    companyName: text('Company', 500),
    givenName: text('First Name', 100),
    familyName: text('Last Name', 100),
    email: text('E-mail', 100),
    phone: text('Phone', 30),
    billingAddress: address('Billing Address'),
    shippingAddress: address('Shipping Address'),
    currency: text('Currency', 3, { immutable: true }),
    taxable: flag('Taxable'),
    notes: text('Notes', 2000),
    active: flag('Active'),
    balance: money('Balance', { derived: true }),
  },
});
