// @nestjs/throttler is CommonJS, and requires Nest: jest cannot, Node can.
import { startApplication } from './application.js';

process.chdir(process.argv[2]);
const { ThrottledModule } = await import('../docs/throttler.js');
const { origin } = await startApplication('express', {
  downloadModule: ThrottledModule,
});
process.send?.(origin);
