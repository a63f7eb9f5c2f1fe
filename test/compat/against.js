import { resolve } from 'node:path';
import base from '../../jest.config.js';

/** The same specs with the Nest of a folder of this one (`npm ci` there first). */
export default function against(folder, config = {}) {
  const dependencies = `<rootDir>/test/compat/${folder}/node_modules`;
  return {
    ...base,
    rootDir: resolve(import.meta.dirname, '../..'),
    moduleNameMapper: {
      ...base.moduleNameMapper,
      '^((?:@nestjs/[^/]+|typeorm|rxjs|reflect-metadata)(?:/.+)?)$': `${dependencies}/$1`,
    },
    ...config,
  };
}
