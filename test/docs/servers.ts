import { apache, caddy, lighttpd, nginx, redirect } from 'nestjs-downloadview';

const sourceDir = '/srv/media/';
const destination = '/_offload/';

export const backends = {
  apache: apache({ rules: [{ sourceDir }], pathEncoding: 'raw' }),
  lighttpd: lighttpd({ rules: [{ sourceDir }] }),
  caddy: caddy({ rules: [{ sourceDir, destination }], pathEncoding: 'raw' }),

  // nginx fetches it from a store, by an address that is signed and never shown
  stores: nginx({
    rules: [{ sourceDir, destination }],
    remote: { hosts: ['bucket.s3.eu-central-1.amazonaws.com'] },
  }),

  // the client fetches it from the store
  redirect: redirect({ hosts: ['bucket.s3.eu-central-1.amazonaws.com'] }),
};
