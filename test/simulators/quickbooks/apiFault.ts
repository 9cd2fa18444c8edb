/** The spelling of AuthorizatonFault is the vendor's. */
export type FaultType =
  | 'AuthenticationFault'
  | 'AuthorizatonFault'
  | 'ValidationFault'
  | 'SystemFault'
  | 'SERVICE'
  | 'THROTTLE'
  | 'AUTHENTICATION';

export interface FaultError {
  message: string;
  detail: string;
  code: string;
  element?: string;
}

/** A refusal in one of the two shapes the vendor uses: the API's own, or the gateway's in lower case. */
export class ApiFault extends Error {
  constructor(
    readonly status: number,
    readonly type: FaultType,
    readonly errors: readonly FaultError[],
    readonly gateway = false,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(errors[0]?.detail ?? type);
  }
}

/** Lets refusals through as values; anything else is a defect of the simulator and keeps flying. */
export function asFault(error: unknown): ApiFault {
  if (error instanceof ApiFault) return error;
  throw error;
}

function validation(code: string, message: string, detail: string, element = ''): ApiFault {
  return new ApiFault(400, 'ValidationFault', [{ message, detail, code, element }]);
}

const INACTIVE =
  "Something you're trying to use has been made inactive. Check the fields with accounts, customers, items, vendors or employees.";

export const faults = {
  badRequest: (detail: string) => validation('2010', 'Request has invalid or unsupported property', detail),
  unsupportedProperty: (name: string) =>
    validation(
      '2010',
      'Request has invalid or unsupported property',
      `Property Name:${name} specified is unsupported or invalid`,
      name,
    ),
  unsupportedOperation: (detail: string) => validation('500', 'Unsupported Operation', detail),
  notFound: (element = '') =>
    validation('610', 'Object Not Found', `Object Not Found : ${INACTIVE}`, element),
  cannotLink: (detail: string) => validation('620', 'Transaction cannot be linked', detail, 'Line.LinkedTxn'),
  required: (name: string) =>
    validation(
      '2020',
      'Required param missing, need to supply the required value for the API',
      `Required parameter ${name} is missing in the request`,
      name,
    ),
  tooLong: (name: string, max: number, length: number) =>
    validation(
      '2050',
      'String length is either shorter or longer than supported by specification',
      `String length specified does not match the supported length. Min:0 Max:${max} supported. Supplied length:${length}`,
      name,
    ),
  badEnum: (name: string, value: unknown) =>
    validation('2170', 'Invalid Enumeration', `Invalid Enumeration : ${String(value)}`, name),
  badEmail: (name: string, value: unknown) =>
    validation(
      '2210',
      'Invalid Email Address format',
      `Email Address does not conform: ${String(value)}`,
      name,
    ),
  badReference: (name: string, id: string) =>
    validation(
      '2500',
      'Invalid Reference Id',
      `Invalid Reference Id : ${name} element id ${id} not found`,
      name,
    ),
  inactiveReference: (name: string, code: '610' | '2500') =>
    code === '610'
      ? faults.notFound(name)
      : validation('2500', 'Invalid Reference Id', `Invalid Reference Id : ${INACTIVE}`, name),
  queryParser: (detail: string) => validation('4000', 'Error parsing query', `QueryParserError: ${detail}`),
  queryInvalid: (detail: string) => validation('4001', 'Invalid query', `QueryValidationError: ${detail}`),
  stale: (user: string) =>
    validation(
      '5010',
      'Stale Object Error',
      `Stale Object Error : You and ${user} were working on this at the same time. ${user} finished before you did, so your work was not saved.`,
    ),
  business: (detail: string, element = '', code = '6000') =>
    validation(
      code,
      'A business validation error has occurred while processing your request',
      `Business Validation Error: ${detail}`,
      element,
    ),
  amount: (value: unknown) =>
    validation(
      '6070',
      'Amount calculation incorrect in the request',
      `Amount calculation incorrect in the request: Amount is not equal to UnitPrice * Qty. Supplied value:${String(value)}`,
      'Line.Amount',
    ),
  duplicateNumber: (number: string, type: string, id: string) =>
    validation(
      '6140',
      'Duplicate Document Number Error',
      `Duplicate Document Number Error : You must specify a different number. This number has already been used. DocNumber=${number} is assigned to TxnType=${type} with TxnId=${id}`,
      'DocNumber',
    ),
  lapsed: () =>
    validation(
      '6190',
      'Invalid Company Status Error',
      'Subscription period has ended or canceled or there was a billing problem : You can not add data to QuickBooks Online because your trial or subscription period ended, you canceled your subscription, or there was a billing problem.',
    ),
  closedPeriod: () =>
    validation(
      '6210',
      'Account Period Closed, Cannot Update Through Services API',
      'The account period has closed and the account books cannot be updated through the QBO Services API. Please use the QBO website to make these changes.',
      'TxnDate',
    ),
  duplicateName: (owner: string) =>
    validation(
      '6240',
      'Duplicate Name Exists Error',
      `The name supplied already exists. : Another ${owner} is already using this name. Please use a different name.`,
      'Name',
    ),
  deposited: () =>
    validation(
      '6540',
      'Deposited Transaction cannot be changed',
      'The transaction you are trying to change has been deposited. Delete it from the deposit first.',
    ),
  customerReference: (detail: string) =>
    validation('6560', 'Customer reference is invalid', detail, 'CustomerRef'),
  adminRemoved: () =>
    new ApiFault(403, 'AuthorizatonFault', [
      {
        message: 'Authorization Failure',
        detail: 'Authorization Failure : admin of the company was removed',
        code: '120',
      },
    ]),
  system: (status = 500) =>
    new ApiFault(status, 'SystemFault', [
      {
        message: 'An application error has occurred while processing your request',
        detail:
          'System Failure Error: An unexpected error has occurred. Please wait a few minutes and try again.',
        code: '10000',
      },
    ]),
  authentication: (detail: string) =>
    new ApiFault(
      401,
      'AUTHENTICATION',
      [{ message: 'message=AuthenticationFailed; errorCode=003200; statusCode=401', detail, code: '3200' }],
      true,
    ),
  notAuthorised: () =>
    new ApiFault(
      403,
      'SERVICE',
      [
        {
          message: 'message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403',
          detail: 'The application is not authorised for this company.',
          code: '3100',
        },
      ],
      true,
    ),
  throttled: (detail: string, type: FaultType, gateway: boolean, headers: Readonly<Record<string, string>>) =>
    new ApiFault(
      429,
      type,
      [{ message: 'message=ThrottleExceeded; errorCode=003001; statusCode=429', detail, code: '3001' }],
      gateway,
      headers,
    ),
};
