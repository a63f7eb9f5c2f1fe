// The package is "type": "module"; mark the CommonJS build as CommonJS.
import { writeFileSync } from 'node:fs';

writeFileSync('dist/cjs/package.json', '{ "type": "commonjs" }\n');
