// print-nginx.ts: node dist/print-nginx.js > nginx.conf
import { backend } from './nginx.js';

console.log(
  backend.serverConfig?.({ upstream: '127.0.0.1:3000', listen: '80' }),
);
