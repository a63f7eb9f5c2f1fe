const XHTML = 'http://www.w3.org/1999/xhtml';
const SVG = 'http://www.w3.org/2000/svg';
const XSL = 'http://www.w3.org/1999/XSL/Transform';

/** What nobody may be able to do with a file that he has uploaded. */
const SCRIPT = 'document.documentElement.setAttribute("ran", "yes")';
const IMAGE = '/loaded';

export interface ScriptedFile {
  readonly name: string;
  readonly type: string;
  readonly content: string;
}

/** Documents that browsers show; each of them runs a script and loads an image, where nothing forbids it. */
export const DOCUMENTS = [
  {
    name: 'page.html',
    type: 'text/html',
    content: `<!doctype html><title>A page</title><img src="${IMAGE}"><script>${SCRIPT}</script>`,
  },
  {
    name: 'handler.html',
    type: 'text/html',
    content: `<!doctype html><title>A page</title><img src="${IMAGE}" onerror='${SCRIPT}'>`,
  },
  {
    name: 'page.xhtml',
    type: 'application/xhtml+xml',
    content: `<html xmlns="${XHTML}"><body><img src="${IMAGE}"/><script>${SCRIPT}</script></body></html>`,
  },
  {
    name: 'drawing.svg',
    type: 'image/svg+xml',
    content: `<svg xmlns="${SVG}" width="80" height="60"><image href="${IMAGE}"/><script>${SCRIPT}</script></svg>`,
  },
  {
    name: 'data.xml',
    type: 'application/xml',
    content: `<data><img xmlns="${XHTML}" src="${IMAGE}"/><script xmlns="${XHTML}">${SCRIPT}</script></data>`,
  },
] satisfies ScriptedFile[];

/** A document that a style sheet of another file makes a page of. */
export const STYLED = {
  name: 'styled.xml',
  type: 'application/xml',
  content: `<?xml-stylesheet type="text/xsl" href="/plain/style.xsl"?><data/>`,
} satisfies ScriptedFile;

export const STYLE_SHEET = {
  name: 'style.xsl',
  type: 'text/xsl',
  content: `<xsl:stylesheet version="1.0" xmlns:xsl="${XSL}"><xsl:template match="/">
    <html><body><img src="${IMAGE}"/><script>${SCRIPT}</script></body></html>
  </xsl:template></xsl:stylesheet>`,
} satisfies ScriptedFile;

/** For a page to run. */
export const JAVASCRIPT = {
  name: 'script.js',
  type: 'text/javascript',
  content: SCRIPT,
} satisfies ScriptedFile;

export const SCRIPTED_FILES: readonly ScriptedFile[] = [
  ...DOCUMENTS,
  STYLED,
  STYLE_SHEET,
  JAVASCRIPT,
];
