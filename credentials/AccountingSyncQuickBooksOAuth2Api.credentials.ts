import type { ICredentialType, INodeProperties } from 'n8n-workflow';

const custom = { show: { environment: ['custom'] } };

/** Authorisation and tokens come from the same hosts in production and in the sandbox; the client differs. */
const AUTHORIZE_URL = 'https://appcenter.intuit.com/connect/oauth2';
const TOKEN_URL = 'https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer';

export class AccountingSyncQuickBooksOAuth2Api implements ICredentialType {
  name = 'accountingSyncQuickBooksOAuth2Api';

  displayName = 'QuickBooks Accounting OAuth2 API';

  extends = ['oAuth2Api'];

  icon = {
    light: 'file:../nodes/QuickBooksAccounting/quickBooksAccounting.svg',
    dark: 'file:../nodes/QuickBooksAccounting/quickBooksAccounting.dark.svg',
  } as const;

  documentationUrl = 'https://developer.intuit.com/app/developer/qbo/docs/get-started';

  properties: INodeProperties[] = [
    {
      displayName: 'Environment',
      name: 'environment',
      type: 'options',
      options: [
        { name: 'Production', value: 'production', description: 'Real companies' },
        { name: 'Sandbox', value: 'sandbox', description: 'Test companies of the Intuit developer portal' },
        { name: 'Custom', value: 'custom', description: 'Other addresses, such as those of a simulator' },
      ],
      default: 'production',
      description:
        'Where the company is. In the Intuit developer portal, production and sandbox each have their own client ID and secret.',
    },
    {
      displayName: 'API Base URL',
      name: 'customApiBaseUrl',
      type: 'string',
      default: 'https://quickbooks.api.intuit.com',
      required: true,
      displayOptions: custom,
    },
    {
      displayName: 'Authorization URL',
      name: 'customAuthUrl',
      type: 'string',
      default: AUTHORIZE_URL,
      required: true,
      displayOptions: custom,
    },
    {
      displayName: 'Access Token URL',
      name: 'customAccessTokenUrl',
      type: 'string',
      default: TOKEN_URL,
      required: true,
      displayOptions: custom,
    },
    {
      displayName: 'Grant Type',
      name: 'grantType',
      type: 'hidden',
      default: 'authorizationCode',
    },
    {
      displayName: 'Authorization URL',
      name: 'authUrl',
      type: 'hidden',
      default: `={{ $self["environment"] === "custom" ? $self["customAuthUrl"] : "${AUTHORIZE_URL}" }}`,
      required: true,
    },
    {
      displayName: 'Access Token URL',
      name: 'accessTokenUrl',
      type: 'hidden',
      default: `={{ $self["environment"] === "custom" ? $self["customAccessTokenUrl"] : "${TOKEN_URL}" }}`,
      required: true,
    },
    {
      displayName: 'Scope',
      name: 'scope',
      type: 'hidden',
      default: 'com.intuit.quickbooks.accounting',
    },
    {
      displayName: 'Auth URI Query Parameters',
      name: 'authQueryParameters',
      type: 'hidden',
      default: '',
    },
    {
      displayName: 'Authentication',
      name: 'authentication',
      type: 'hidden',
      default: 'header',
    },
    {
      displayName: 'Webhook Verifier Token',
      name: 'webhookVerifierToken',
      type: 'string',
      typeOptions: { password: true },
      default: '',
      hint: 'Needed by the QuickBooks Accounting Trigger, at least 16 characters; other nodes work without it',
      description:
        'From the webhook settings of your app in the Intuit developer portal. The trigger refuses every call that it cannot verify with it. While a token is being replaced, enter both, separated by a comma and without labels.',
    },
  ];
}
