import {
  type DownloadBackend,
  ProxiedDownloadResponse,
} from 'nestjs-downloadview';

/** Sends clients to a CDN, by an address that `sign` makes. */
export function cdn(
  origin: string, // https://cdn.example, as in `baseUrl` of the storage
  sign: (url: string) => string,
): DownloadBackend {
  return {
    name: 'cdn',
    async proxy(response, request) {
      const { url } = response.file;
      if (request.method !== 'GET' || !url?.startsWith(`${origin}/`)) {
        return undefined; // the application sends it
      }
      await response.describe(); // 404 where there is no such file
      return new ProxiedDownloadResponse(
        'Location',
        sign(url),
        { 'Cache-Control': 'no-store' },
        { status: 302, unconditional: true },
      );
    },
  };
}
