import { once } from 'node:events';

import { startSwift } from './swift.js';

// `npm run store`: a store for the sample, until it is told to stop. Its files are gone then.
const signals = ['SIGINT', 'SIGTERM'].map((signal) => once(process, signal));
const store = await startSwift();
const { endpoint, bucket, credentials } = store;
console.log(`Store: ${endpoint}
In another terminal:

  export S3_ENDPOINT=${endpoint} S3_BUCKET=${bucket}
  export AWS_ACCESS_KEY_ID=${credentials.accessKeyId} AWS_SECRET_ACCESS_KEY=${credentials.secretAccessKey}
  npm start                 # or: npm run proxy -- nginx`);
await Promise.race(signals);
await store.stop();
