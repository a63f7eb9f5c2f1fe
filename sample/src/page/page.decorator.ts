import { applyDecorators, Header } from '@nestjs/common';

/** Nothing runs and nothing is loaded but what the application itself has at hand. */
export const pageHeaders = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "media-src 'self'",
    "frame-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
};

/** On a handler that answers with a page. */
export function Page(): MethodDecorator {
  const headers = Object.entries(pageHeaders);
  return applyDecorators(...headers.map((header) => Header(...header)));
}
