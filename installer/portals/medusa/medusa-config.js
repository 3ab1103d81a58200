// An unmodified Medusa as a portal of the functional tests: environment DATABASE_URL, MEDUSA_SECRET (signs the sessions).
'use strict';
const { defineConfig } = require('@medusajs/framework/utils');

const here = 'http://127.0.0.1';
module.exports = defineConfig({
  admin: { disable: true },
  projectConfig: {
    databaseUrl: process.env.DATABASE_URL,
    http: { storeCors: here, adminCors: here, authCors: here, jwtSecret: process.env.MEDUSA_SECRET,
      cookieSecret: process.env.MEDUSA_SECRET },
  },
});
