import { type Agent } from 'node:http';

import { type S3Client } from '@aws-sdk/client-s3';
import { Logger } from '@nestjs/common';

/** Below it, it takes few clients that stall to keep all others waiting. */
const FEW = 200;

/**
 * The connections of a client: each running download keeps one, and where all are taken the next ones wait, as
 * long as it may be. A client has them only once it has been asked something.
 *
 * @internal
 */
export class Sockets {
  readonly #logger = new Logger('S3Storage');
  #isKnown = false;

  /** @param most how many there may be; the client's own number by default */
  constructor(
    private readonly client: S3Client,
    private readonly most: number | undefined,
  ) {}

  /** Looks at them once a first answer, or error, is there. */
  async after<Answer>(answer: Promise<Answer>): Promise<Answer> {
    try {
      return await answer;
    } finally {
      if (!this.#isKnown) this.#look();
    }
  }

  #look(): void {
    const agents = agentsOf(this.client);
    if (agents.length === 0) return;
    this.#isKnown = true;
    if (this.most !== undefined) {
      for (const agent of agents) agent.maxSockets = this.most;
      return;
    }
    const fewest = Math.min(...agents.map(({ maxSockets }) => maxSockets));
    if (fewest >= FEW) return;
    this.#logger.warn(
      `The S3Client has at most ${fewest} connections, and each running download keeps one: the next ones ` +
        'wait. Give new S3Storage({ maxSockets: 500 }), or the client ' +
        'requestHandler: { httpsAgent: { maxSockets: 500 } }.',
    );
  }
}

interface ConfiguredHandler {
  httpHandlerConfigs(): object;
}

/** A handler of another kind has none that are known. */
function agentsOf({ config: { requestHandler } }: S3Client): Agent[] {
  if (!isConfigured(requestHandler)) return [];
  const configs = requestHandler.httpHandlerConfigs();
  return ['httpAgent', 'httpsAgent']
    .map((name): unknown => Reflect.get(configs, name))
    .filter(isAgent);
}

function isConfigured(handler: object): handler is ConfiguredHandler {
  return 'httpHandlerConfigs' in handler;
}

function isAgent(value: unknown): value is Agent {
  return (
    typeof value === 'object' &&
    value !== null &&
    'maxSockets' in value &&
    typeof value.maxSockets === 'number'
  );
}
