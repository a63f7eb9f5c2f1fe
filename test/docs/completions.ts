import { DownloadModule, nginx } from 'nestjs-downloadview';

const backend = nginx({
  rules: [{ sourceDir: '/srv/media/', destination: '/_offload/' }],
});
const completions = { listen: '127.0.0.1:5140' }; // on this machine; or { file: '/var/log/nginx/downloads.log' }

export const downloads = DownloadModule.forRoot({ backend, completions });

/** For nginx. */
export const printed = backend.serverConfig?.({
  upstream: '127.0.0.1:3000',
  completions,
});
