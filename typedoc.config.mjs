import { OptionDefaults } from 'typedoc';

/** The reference of the public API, from the doc comments. */
export default {
  name: 'nestjs-downloadview',
  entryPoints: ['lib/index.ts', 'lib/*/index.ts'],
  out: 'api',
  tsconfig: 'tsconfig.build.json',
  readme: 'README.md',
  modifierTags: [...OptionDefaults.modifierTags, '@publicApi'],
  excludeTags: ['@publicApi'],
  excludeInternal: true,
  excludePrivate: true,
  excludeExternals: true,
  // What members of public classes are made of, but nobody names.
  intentionallyNotExported: [
    'CheckedDownloadOptions',
    'DownloadCompletions',
    'FastifyReply',
    'HoldOptions',
    'ObjectFields',
    'OpenFile',
    'PropertiesOf',
    'RunningDownloads',
  ],
  disableSources: true,
  treatWarningsAsErrors: true,
  validation: { notExported: true, invalidLink: true, notDocumented: true },
  requiredToBeDocumented: [
    'Enum',
    'Variable',
    'Function',
    'Class',
    'Interface',
    'TypeAlias',
  ],
};
