import { Controller, Get, Header, Query } from '@nestjs/common';

const ELEMENTS = {
  iframe: (url: string) => `<iframe src="${url}"></iframe>`,
  object: (url: string) => `<object data="${url}"></object>`,
  embed: (url: string) => `<embed src="${url}">`,
  img: (url: string) => `<img src="${url}">`,
  video: (url: string) => `<video src="${url}" muted></video>`,
  script: (url: string) => `<script src="${url}"></script>`,
};
export type EmbeddingElement = keyof typeof ELEMENTS;

/** A page of the application's own, in which an uploaded file stands: `/page?in=iframe&in=img&url=/a.svg`. */
@Controller('page')
export class EmbeddingPageController {
  @Get()
  @Header('Content-Type', 'text/html')
  page(
    @Query('in') elements: EmbeddingElement | EmbeddingElement[],
    @Query('url') url: string,
  ): string {
    const body = [elements].flat().map((element) => ELEMENTS[element](url));
    return `<!doctype html><link rel="icon" href="data:,">${body.join('\n')}`;
  }
}

/** Where that page is. */
export function pageWith(
  url: string,
  ...elements: readonly EmbeddingElement[]
): string {
  const query = new URLSearchParams({ url });
  for (const element of elements) query.append('in', element);
  return `/page?${query.toString()}`;
}
