import { createApplication, portOf } from './application.js';

const app = await createApplication();
app.enableShutdownHooks();
await app.listen(Number(process.env.PORT || 3000));
console.log(`Document library: http://localhost:${await portOf(app)}`);
