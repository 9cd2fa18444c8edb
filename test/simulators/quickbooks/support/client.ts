import { startQuickBooksSimulator, type QuickBooksSimulator, type QuickBooksSimulatorOptions } from '..';
import { fieldsOf, listOf, textOf, type Fields } from '../json';

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  json: Fields;
}

export interface CallOptions {
  body?: unknown;
  headers?: Record<string, string>;
  token?: string;
  realmId?: string;
  baseUrl?: string;
}

const running: QuickBooksSimulator[] = [];

/** A simulator with a plain client; limits are off unless a test is about them. */
export class TestClient {
  constructor(readonly simulator: QuickBooksSimulator) {}

  get control() {
    return this.simulator.control;
  }

  get descriptor() {
    return this.simulator.descriptor;
  }

  async call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const { baseUrl, tenantId, accessToken } = this.descriptor;
    const url = `${options.baseUrl ?? baseUrl}/v3/company/${options.realmId ?? tenantId}${path}`;
    const raw = typeof options.body === 'string' || options.body instanceof Uint8Array;
    const body =
      options.body === undefined || raw
        ? (options.body as BodyInit | undefined)
        : JSON.stringify(options.body);
    const response = await fetch(url, {
      method,
      headers: {
        authorization: `Bearer ${options.token ?? accessToken}`,
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      },
      ...(body === undefined ? {} : { body }),
    });
    return answerOf(response);
  }

  get(path: string, options?: CallOptions): Promise<Answer> {
    return this.call('GET', path, options);
  }

  post(path: string, body: unknown, options: CallOptions = {}): Promise<Answer> {
    return this.call('POST', path, { ...options, body });
  }

  query(statement: string, options?: CallOptions): Promise<Answer> {
    return this.get(`/query?query=${encodeURIComponent(statement)}`, options);
  }

  /** A write that has to succeed; answers the record. */
  async write(entity: string, body: Fields, parameters = '', options?: CallOptions): Promise<Fields> {
    const answer = await this.post(`/${entity.toLowerCase()}${parameters}`, body, options);
    if (answer.status !== 200) throw new Error(`${entity}: ${answer.text}`);
    return fieldsOf(answer.json[entity]);
  }

  async read(entity: string, id: unknown): Promise<Fields> {
    const answer = await this.get(`/${entity.toLowerCase()}/${textOf(id)}`);
    if (answer.status !== 200) throw new Error(`${entity}: ${answer.text}`);
    return fieldsOf(answer.json[entity]);
  }

  async rows(entity: string, where = ''): Promise<Fields[]> {
    const answer = await this.query(`select * from ${entity} ${where}`);
    if (answer.status !== 200) throw new Error(answer.text);
    return listOf(fieldsOf(answer.json.QueryResponse)[entity]);
  }

  token(form: Record<string, string>, headers: Record<string, string> = {}): Promise<Answer> {
    const { tokenUrl, clientId, clientSecret } = this.descriptor;
    return fetch(tokenUrl, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
        ...headers,
      },
      body: new URLSearchParams(form).toString(),
    }).then(answerOf);
  }
}

export async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  let json: Fields = {};
  try {
    json = fieldsOf(JSON.parse(text));
  } catch {
    // XML and HTML answers are looked at as text.
  }
  return { status: response.status, headers: response.headers, text, json };
}

export async function simulate(options: QuickBooksSimulatorOptions = {}): Promise<TestClient> {
  const simulator = await startQuickBooksSimulator({ limits: false, ...options });
  running.push(simulator);
  return new TestClient(simulator);
}

export async function closeAll(): Promise<void> {
  await Promise.all(running.splice(0).map((simulator) => simulator.close()));
}

/** `[status, code]` of a refusal, in either of the two shapes. */
export function refusal(answer: Answer): [number, string] {
  const own = listOf(fieldsOf(answer.json.Fault).Error)[0]?.code;
  const gateway = listOf(fieldsOf(answer.json.fault).error)[0]?.code;
  return [answer.status, textOf(own ?? gateway)];
}

/** A sales line; without an id it is a new one. */
export function salesLine(
  amount: number,
  extra: { id?: string; item?: string; tax?: string; qty?: number } = {},
): Fields {
  const { id, item = '1', tax = 'NON', qty = 1 } = extra;
  return {
    ...(id === undefined ? {} : { Id: id }),
    DetailType: 'SalesItemLineDetail',
    Amount: amount,
    SalesItemLineDetail: {
      ItemRef: { value: item },
      Qty: qty,
      UnitPrice: amount / qty,
      TaxCodeRef: { value: tax },
    },
  };
}

export const lock = (record: Fields): Fields => ({ Id: record.Id, SyncToken: record.SyncToken });
