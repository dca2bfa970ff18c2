export { type Controllers, type ControllersOptions, createControllers } from './create-controllers.ts';
export { type Webhook, createWebhook } from './webhook/create-webhook.ts';
export type { WebhookOptions } from './webhook/options.ts';
export { type WebhookAddress, type WebhookPurpose, makeWebhookConfiguration } from './webhook/configurations.ts';
