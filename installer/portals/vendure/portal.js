'use strict';
// Starts an unmodified Vendure as the portal of the demo and of the functional tests.
//
//   node portal.js      environment: PORTAL_PORT, PORTAL_ADMIN, PORTAL_ADMIN_PW (both required), PG* as libpq has them
//     PORTAL_SEED=N     create the tables and a shop with N products (SKU-000001 ...), then exit
//     PORTAL_UPGRADE    give the tables of an older shop the columns that this one knows, then exit
//     PORTAL_UI_PORT    serve the administrator's web client as well, through this port inside, at /admin
//     PORTAL_SESSION    how long a log-in holds ('1y'; tests use '6s')
//     PORTAL_LOG        log level of Vendure ('Warn')
//
// Prints one line "READY port=... ms=..." when it accepts requests, or "SEEDED ms=..."; SIGTERM ends it.
process.env.VENDURE_DISABLE_TELEMETRY = 'true'; // no traffic but loopback
if (!globalThis.crypto) globalThis.crypto = require('crypto').webcrypto; // Debian 12's nodejs 18
const vendure = require('@vendure/core');
const { populateInitialData } = require('@vendure/core/cli');

const env = process.env;
const began = Date.now();
const english = vendure.LanguageCode.en;
const port = Number(env.PORTAL_PORT || 3402);
const seeding = env.PORTAL_SEED !== undefined, upgrading = env.PORTAL_UPGRADE !== undefined;

const text = (name, more) => ({ name, type: 'string', nullable: true, ...more });

function userInterface() {
  if (!env.PORTAL_UI_PORT || seeding || upgrading) return [];
  const { AdminUiPlugin } = require('@vendure/admin-ui-plugin');
  return [AdminUiPlugin.init({ route: 'admin', hostname: '127.0.0.1', port: Number(env.PORTAL_UI_PORT),
    adminUiConfig: { apiHost: 'http://127.0.0.1', apiPort: port, adminApiPath: 'admin-api', tokenMethod: 'bearer',
      loginImageUrl: '/admin/assets/logo-login.webp' } })]; // its default lies on the internet: no traffic but loopback
}

const config = {
  apiOptions: { hostname: '127.0.0.1', port, adminApiPath: 'admin-api', shopApiPath: 'shop-api', cors: false },
  authOptions: { tokenMethod: ['bearer', 'api-key'], requireVerification: false, sessionDuration: env.PORTAL_SESSION || '1y',
    superadminCredentials: { identifier: env.PORTAL_ADMIN, password: env.PORTAL_ADMIN_PW } },
  dbConnectionOptions: { type: 'postgres', host: env.PGHOST, port: Number(env.PGPORT), username: env.PGUSER,
    password: env.PGPASSWORD, database: env.PGDATABASE, schema: 'public', synchronize: seeding || upgrading, logging: false },
  logger: new vendure.DefaultLogger({ level: vendure.LogLevel[env.PORTAL_LOG || 'Warn'] }),
  paymentOptions: { paymentMethodHandlers: [vendure.dummyPaymentHandler] },
  customFields: {
    Order: [text('erpOrderNumber', { unique: true }), text('erpStatus', { public: false }), text('erpInvoiceNumber'),
      text('erpCancelled', { type: 'text' })],
    Product: [text('erpId', { unique: true, public: false })],
    ProductVariant: [text('erpId', { unique: true, public: false }), text('erpUnit'), text('erpCategories', { type: 'text' }),
      text('erpAttributes', { type: 'text' }), text('erpImages', { type: 'text' }),
      { name: 'costPrice', type: 'int', nullable: true, public: false, min: 0 }],
    Customer: [text('erpPartyCode', { unique: true, public: false }), text('erpTaxIdentifier', { public: false }),
      { name: 'erpCreditHold', type: 'boolean', nullable: true, public: false }],
    Fulfillment: [text('erpShipmentNumber')],
    Promotion: [text('erpKey', { unique: true, public: false }), { name: 'erpTiers', type: 'text', nullable: true, public: false }],
  },
  plugins: userInterface(),
};

async function adminContext(app) {
  return app.get(vendure.RequestContextService).create({ apiType: 'admin' });
}

async function sellInEuro(app) {
  const channels = app.get(vendure.ChannelService);
  const channel = await channels.getDefaultChannel();
  await channels.update(await adminContext(app),
    { id: channel.id, availableCurrencyCodes: ['EUR'], defaultCurrencyCode: 'EUR' });
}

async function populate(app) {
  const payment = (name) => ({ name, handler: { code: vendure.dummyPaymentHandler.code,
    arguments: [{ name: 'automaticSettle', value: String(name === 'Settle') }] } });
  await populateInitialData(app, {
    defaultLanguage: english, defaultZone: 'Europe', collections: [],
    taxRates: [{ name: 'Standard', percentage: 20 }, { name: 'Zero', percentage: 0 }],
    countries: [{ code: 'DE', name: 'Germany', zone: 'Europe' }, { code: 'AT', name: 'Austria', zone: 'Europe' }],
    shippingMethods: [{ name: 'Standard Shipping', price: 500, taxRate: 20 }],
    paymentMethods: [payment('Authorize'), payment('Settle')],
  });
}

async function addProducts(app, count) {
  const ctx = await adminContext(app);
  const tax = (await app.get(vendure.TaxCategoryService).findAll(ctx)).items.find((c) => c.name === 'Standard');
  const location = (await app.get(vendure.StockLocationService).findAll(ctx)).items[0];
  const importer = app.get(vendure.FastImporterService);
  await importer.initialize();
  const add = async (i) => {
    const digits = String(i).padStart(6, '0');
    const name = 'Item ' + digits;
    const productId = await importer.createProduct({ enabled: true,
      translations: [{ languageCode: english, name, slug: 'item-' + digits, description: '' }] });
    // Nothing in stock: what can be bought comes from the ERP
    await importer.createProductVariant({ productId, sku: 'SKU-' + digits, price: 1000 + (i % 500), taxCategoryId: tax.id,
      optionIds: [], trackInventory: 'TRUE', translations: [{ languageCode: english, name }],
      stockLevels: [{ stockLocationId: location.id, stockOnHand: 0 }] });
  };
  let next = 1;
  const worker = async () => { while (next <= count) await add(next++); };
  await Promise.all(Array.from({ length: 8 }, worker));
}

async function main() {
  const app = await vendure.bootstrap(config);
  if (seeding) {
    await sellInEuro(app);
    await populate(app);
    await addProducts(app, Number(env.PORTAL_SEED));
    console.log(`SEEDED ms=${Date.now() - began}`);
    process.exit(0);
  }
  if (upgrading) process.exit(0);
  await app.get(vendure.JobQueueService).start();
  console.log(`READY port=${port} ms=${Date.now() - began}`);
  process.on('SIGTERM', () => process.exit(0));
}

main().catch((error) => { console.error(error); process.exit(1); });
