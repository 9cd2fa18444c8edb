import { faults } from './apiFault';
import type { Company } from './company';
import { entitySpec } from './entities';
import { nameKey } from './indexes';
import { decimalOf, isDecimal, listOf, textOf, wire, type Fields } from './json';

function checkFree(company: Company, entity: string, name: string): void {
  const key = nameKey(entitySpec(entity), { Name: name });
  if (key !== undefined && company.indexes.holdersOfName(key).length > 0) {
    throw faults.duplicateName(entity === 'TaxCode' ? 'tax code' : 'tax rate');
  }
}

/** `POST /taxservice/taxcode`: the only way to make tax codes and rates. Its answer has no envelope. */
export function createTaxCode(company: Company, body: Fields): Fields {
  return company.transaction(() => {
    const name = textOf(body.TaxCode);
    if (name === '') throw faults.required('TaxCode');
    const details = listOf(body.TaxRateDetails);
    if (details.length === 0) throw faults.required('TaxRateDetails');
    checkFree(company, 'TaxCode', name);
    const rates = details.map((detail) => taxRate(company, detail));
    const listFor = (side: string) =>
      rates
        .filter(({ TaxApplicableOn }) => TaxApplicableOn === side)
        .map(({ TaxRateId }, index) => ({
          TaxRateRef: { value: textOf(TaxRateId) },
          TaxTypeApplicable: 'TaxOnAmount',
          TaxOrder: index,
        }));
    const id = company.nextId('TaxCode');
    company.insert('TaxCode', id, {
      Name: name,
      Description: name,
      Active: true,
      Taxable: true,
      TaxGroup: true,
      SalesTaxRateList: { TaxRateDetail: listFor('Sales') },
      PurchaseTaxRateList: { TaxRateDetail: listFor('Purchase') },
    });
    return { TaxCode: name, TaxCodeId: id, TaxRateDetails: rates };
  });
}

function taxRate(company: Company, detail: Fields): Fields {
  const side = textOf(detail.TaxApplicableOn) || 'Sales';
  if (side !== 'Sales' && side !== 'Purchase') throw faults.badEnum('TaxRateDetails.TaxApplicableOn', side);
  const existing = textOf(detail.TaxRateId);
  if (existing !== '') {
    const rate = company.find('TaxRate', existing);
    if (rate === undefined) throw faults.badReference('TaxRateDetails.TaxRateId', existing);
    return { TaxRateName: rate.Name, TaxRateId: existing, RateValue: rate.RateValue, TaxApplicableOn: side };
  }
  const name = textOf(detail.TaxRateName);
  if (name === '') throw faults.required('TaxRateDetails.TaxRateName');
  if (!isDecimal(detail.RateValue)) throw faults.required('TaxRateDetails.RateValue');
  const agency = textOf(detail.TaxAgencyId);
  if (agency === '') throw faults.required('TaxRateDetails.TaxAgencyId');
  if (company.find('TaxAgency', agency) === undefined)
    throw faults.badReference('TaxRateDetails.TaxAgencyId', agency);
  checkFree(company, 'TaxRate', name);
  const value = wire(decimalOf(detail.RateValue), 7);
  const id = company.nextId('TaxRate');
  company.insert('TaxRate', id, {
    Name: name,
    Description: name,
    Active: true,
    RateValue: value,
    AgencyRef: { value: agency },
    SpecialTaxType: 'NONE',
    DisplayType: 'ReadOnly',
  });
  return { TaxRateName: name, TaxRateId: id, RateValue: value, TaxAgencyId: agency, TaxApplicableOn: side };
}
