import axios from 'axios';
import { toSyncError } from '../../../shared/errors';
import type { Http, HttpRequest, HttpResponse } from '../../../shared/ports';
import type { TokenSource } from './oauth2TokenSource';
import { toTransportError } from '../../../shared/providers/http/transportError';

export interface AxiosHttpOptions {
  token: TokenSource;
  /** (120 000) */
  timeoutMs?: number;
  /** Longest answer that is read (64 MiB). */
  maxAnswerBytes?: number;
}

/** An authenticated transport for where n8n is not: tests, tools, the demo. */
export function createAxiosHttp(options: AxiosHttpOptions): Http {
  const { token, timeoutMs = 120_000, maxAnswerBytes = 64 * 1024 * 1024 } = options;

  const sendWith = async (request: HttpRequest, accessToken: string): Promise<HttpResponse> => {
    try {
      const response = await axios.request<string>({
        method: request.method,
        url: request.url,
        ...(request.query ? { params: new URLSearchParams(request.query) } : {}),
        headers: { ...request.headers, Authorization: `Bearer ${accessToken}` },
        ...(request.body === undefined ? {} : { data: request.body }),
        timeout: request.timeoutMs ?? timeoutMs,
        responseType: 'text',
        // Text in, text out: axios would turn numbers into floats.
        transformRequest: [(data: unknown) => data],
        transformResponse: [(data: unknown) => data],
        validateStatus: () => true,
        maxRedirects: 0,
        maxContentLength: maxAnswerBytes,
        maxBodyLength: Infinity,
      });
      const headers = Object.entries(response.headers).map(([name, value]) => [
        name.toLowerCase(),
        String(value),
      ]);
      return {
        status: response.status,
        headers: Object.fromEntries(headers) as Record<string, string>,
        body: typeof response.data === 'string' ? response.data : '',
      };
    } catch (error) {
      throw toSyncError(toTransportError(error, request));
    }
  };

  return {
    async send(request) {
      const accessToken = await token.accessToken();
      const response = await sendWith(request, accessToken);
      // A refused token means that nothing was done, so even a write may be sent again.
      return response.status === 401 ? await sendWith(request, await token.refresh(accessToken)) : response;
    },
  };
}
