import { createApplication, portOf } from './application.js';

const app = await createApplication();
app.enableShutdownHooks();
// There is no login: nobody else is to reach it, unless HOST says so.
await app.listen(
  Number(process.env.PORT || 3000),
  process.env.HOST || '127.0.0.1',
);
console.log(`Document library: http://localhost:${await portOf(app)}`);
