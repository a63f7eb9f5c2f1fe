import { type OpenAPIObject } from '@nestjs/swagger';

import { mediaTypeOf } from '../http/media-type.js';
import { type ApiDownloadOptions } from './api-download.decorator.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Responses = Operation['responses'];
type Response = NonNullable<Responses[string]>;
type Parameter = NonNullable<Operation['parameters']>[number];

/**
 * What is known of a download.
 *
 * @internal
 */
export interface DescribedDownload extends ApiDownloadOptions {
  /** The name that all its files have, where there is one. */
  readonly fixedName?: string;
  readonly acceptsRanges: boolean;
  /** Whether it answers GET: others have no conditions and no ranges. */
  readonly isRead: boolean;
  readonly isSigned: boolean;
  /** Names of the parameters that may hold slashes. */
  readonly wildcards: readonly string[];
}

/** RFC 9110 13.1 and 14.2. */
const REQUEST_HEADERS = {
  Range: 'One or more ranges of bytes, such as `bytes=0-1023`.',
  'If-Range': 'The ETag, or the date, that the ranges are of.',
  'If-Match': 'Only a file with one of these ETags.',
  'If-None-Match': 'Only a file with none of these ETags.',
  'If-Modified-Since': 'Only a file that changed after this date.',
  'If-Unmodified-Since': 'Only a file that did not change after this date.',
};
const RANGE_HEADERS = ['Range', 'If-Range'];
const LINK_PARAMETERS = {
  signature: 'The signature of the link; it comes with the link.',
  expires: 'When the link ends, in seconds since 1970.',
};

/**
 * The operation of a download. What the application has said itself stays.
 *
 * @param path as the document has it: `/files/{path}`
 * @param taken the ids of the operations before this one
 * @internal
 */
export function describeOperation(
  operation: Operation,
  path: string,
  download: DescribedDownload,
  taken: Set<string>,
): Operation {
  const { summary, description, operationId } = download;
  const parameters = operation.parameters ?? [];
  return {
    ...operation,
    ...(summary !== undefined && { summary }),
    ...(description !== undefined && { description }),
    operationId: uniqueId(operationId ?? operation.operationId ?? path, taken),
    parameters: [
      ...parameters,
      ...parametersOf(path, download).filter((one) => !has(parameters, one)),
    ],
    responses: responsesOf(operation.responses, download),
  };
}

/** Class names may be equal, and of one class several routes: RFC-like documents want ids that differ. */
function uniqueId(wanted: string, taken: Set<string>): string {
  let id = wanted;
  for (let count = 2; taken.has(id); count += 1) id = `${wanted}_${count}`;
  taken.add(id);
  return id;
}

function has(parameters: readonly Parameter[], one: Parameter): boolean {
  const key = (parameter: Parameter): string =>
    'name' in parameter
      ? `${parameter.in} ${parameter.name.toLowerCase()}`
      : parameter.$ref;
  return parameters.some((other) => key(other) === key(one));
}

function parametersOf(
  path: string,
  { parameters = {}, wildcards, isSigned, ...download }: DescribedDownload,
): Parameter[] {
  const names = [...path.matchAll(/\{([^{}]+)\}/g)].map(
    ([, name = '']) => name,
  );
  return [
    ...names.map((name) =>
      text('path', name, pathDescription(name, parameters, wildcards), true),
    ),
    ...(isSigned
      ? Object.entries(LINK_PARAMETERS).map(([name, description]) =>
          text('query', name, description, name === 'signature'),
        )
      : []),
    ...requestHeaders(download),
  ];
}

function pathDescription(
  name: string,
  descriptions: Readonly<Record<string, string>>,
  wildcards: readonly string[],
): string | undefined {
  const given = Object.hasOwn(descriptions, name)
    ? descriptions[name]
    : undefined;
  if (!wildcards.includes(name)) return given;
  const slashes =
    'It may hold several segments. The `/` between them must not be percent-encoded.';
  return given === undefined ? slashes : `${given} ${slashes}`;
}

function requestHeaders({
  isRead,
  acceptsRanges,
}: Pick<DescribedDownload, 'isRead' | 'acceptsRanges'>): Parameter[] {
  if (!isRead) return [];
  return Object.entries(REQUEST_HEADERS)
    .filter(([name]) => acceptsRanges || !RANGE_HEADERS.includes(name))
    .map(([name, description]) => text('header', name, description, false));
}

function text(
  place: 'path' | 'query' | 'header',
  name: string,
  description: string | undefined,
  required: boolean,
): Parameter {
  return {
    name,
    in: place,
    required,
    ...(description !== undefined && { description }),
    schema: { type: 'string' },
  };
}

function responsesOf(own: Responses, download: DescribedDownload): Responses {
  const { isRead, acceptsRanges, isSigned } = download;
  const ours: Responses = {
    200: file('The file.', download),
    ...(isRead && {
      ...(acceptsRanges && { 206: part(download) }),
      304: { description: 'The client has this version of the file.' },
    }),
    ...(isSigned && {
      403: { description: 'The link is not signed, or is over.' },
    }),
    404: { description: 'There is no such file.' },
    ...(isRead && {
      412: { description: 'A precondition of the request does not hold.' },
      ...(acceptsRanges && { 416: unsatisfiable() }),
    }),
  };
  // What Nest says by itself of a handler without a description.
  const said = Object.entries(own).filter(
    ([status, response]) =>
      response !== undefined &&
      !((status === '200' || status === '201') && isBare(response)),
  );
  return { ...ours, ...Object.fromEntries(said) };
}

function isBare(response: Response): boolean {
  return (
    'description' in response &&
    response.description === '' &&
    response.content === undefined
  );
}

function file(description: string, download: DescribedDownload): Response {
  const { acceptsRanges, isRead } = download;
  return {
    description,
    headers: {
      'Content-Disposition': header('The name of the file (RFC 6266).'),
      ...(isRead && {
        ETag: header('The version of the file.'),
        'Last-Modified': header('When the file changed.'),
        ...(acceptsRanges && {
          'Accept-Ranges': header('`bytes`, or `none` for this file.'),
        }),
      }),
    },
    content: binary(typesOf(download)),
  };
}

function part(download: DescribedDownload): Response {
  return {
    description: 'The ranges that were asked for.',
    headers: {
      'Content-Range': header('Which bytes of how many; of one range.'),
    },
    content: binary([...typesOf(download), 'multipart/byteranges']),
  };
}

function unsatisfiable(): Response {
  return {
    description: 'The file has none of the ranges.',
    headers: { 'Content-Range': header('The size: `bytes */1024`.') },
  };
}

function typesOf({ contentType, fixedName }: DescribedDownload): string[] {
  if (contentType !== undefined) return [contentType].flat();
  const type = fixedName === undefined ? undefined : mediaTypeOf(fixedName);
  return [type ?? 'application/octet-stream'];
}

function binary(
  types: readonly string[],
): Record<string, { schema: { type: string; format: string } }> {
  const schema = { type: 'string', format: 'binary' };
  return Object.fromEntries(types.map((type) => [type, { schema }]));
}

function header(description: string): {
  description: string;
  schema: { type: 'string' };
} {
  return { description, schema: { type: 'string' } };
}
