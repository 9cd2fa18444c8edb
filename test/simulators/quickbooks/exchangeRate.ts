import { faults } from './apiFault';
import { pacificDate } from './clock';
import type { Company } from './company';
import { decimalOf, fieldsOf, isDecimal, textOf, wire, type Fields } from './json';
import { isRealDate } from './validate';

const rates = new WeakMap<Company, Map<string, Fields>>();

const ratesOf = (company: Company): Map<string, Fields> => {
  const known = rates.get(company) ?? new Map<string, Fields>();
  rates.set(company, known);
  return known;
};

function checkMulti(company: Company): void {
  if (company.preference('CurrencyPrefs', 'MultiCurrencyEnabled') !== true) {
    throw faults.business('Multi Currency should be enabled to perform this operation.');
  }
}

/** Home units per unit of the source currency on a day; 1 until somebody sets it. */
export function exchangeRate(company: Company, query: URLSearchParams): Fields {
  checkMulti(company);
  const source = query.get('sourcecurrencycode') ?? '';
  if (source === '') throw faults.required('sourcecurrencycode');
  const date = query.get('asofdate') ?? pacificDate(company.clock.now());
  if (!isRealDate(date)) throw faults.badRequest(`asofdate has an invalid value: ${date}`);
  return ratesOf(company).get(`${source}:${date}`) ?? rateOf(company, source, date, 1);
}

function rateOf(company: Company, source: string, date: string, rate: number, token = '0'): Fields {
  return {
    SourceCurrencyCode: source,
    TargetCurrencyCode: company.homeCurrencyRef().value,
    Rate: rate,
    AsOfDate: date,
    domain: 'QBO',
    sparse: false,
    SyncToken: token,
    MetaData: { LastUpdatedTime: company.now() },
  };
}

export function setExchangeRate(company: Company, body: Fields): Fields {
  checkMulti(company);
  const source = textOf(body.SourceCurrencyCode);
  if (source === '') throw faults.required('SourceCurrencyCode');
  if (!isDecimal(body.Rate)) throw faults.required('Rate');
  const date = textOf(body.AsOfDate) || pacificDate(company.clock.now());
  const key = `${source}:${date}`;
  const token = textOf(fieldsOf(ratesOf(company).get(key)).SyncToken) || '0';
  const next = rateOf(company, source, date, wire(decimalOf(body.Rate), 7), String(Number(token) + 1));
  ratesOf(company).set(key, next);
  return next;
}
