import { setTimeout } from 'node:timers';
import { AskingConnection } from './asking-connection.mjs';
import { requestText } from './request-text.mjs';
import { validatorsOf } from './validators.mjs';

/**
 * How many requests are answered, and in how many seconds, over some connections, one request after the other on
 * each.
 *
 * @param asked the request: `method` and `path`; `randomRange` for another range in each request,
 * `isRevalidation` for what a client sends that has the file already
 */
export async function answeredRequests({
  port,
  seconds,
  connections = 32,
  ...asked
}) {
  const { status, nextText } = await askedTexts(port, asked);
  const expected = { method: asked.method, status };
  return new Promise((resolve, reject) => {
    let answers = 0;
    const onAnswer = () => (answers += 1);
    const running = Array.from(
      { length: connections },
      () =>
        new AskingConnection(port, expected, {
          nextText,
          onAnswer,
          onError: reject,
        }),
    );
    const began = process.hrtime.bigint();
    setTimeout(() => {
      const elapsed = Number(process.hrtime.bigint() - began) / 1e9;
      for (const connection of running) connection.end();
      resolve({ answers, seconds: elapsed });
    }, seconds * 1000);
  });
}

async function askedTexts(port, { randomRange, isRevalidation, ...request }) {
  if (randomRange) {
    const nextText = () =>
      requestText({ ...request, headers: rangeHeader(randomRange) });
    return { status: 206, nextText };
  }
  const headers = isRevalidation ? await validatorsOf(port, request.path) : {};
  const text = requestText({ ...request, headers });
  return { status: isRevalidation ? 304 : 200, nextText: () => text };
}

function rangeHeader({ length, of }) {
  const start = Math.floor(Math.random() * (of - length + 1));
  return { Range: `bytes=${start}-${start + length - 1}` };
}
