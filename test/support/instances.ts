import { Controller } from '@nestjs/common';
import { type NginxOptions, stream } from 'nestjs-downloadview';

import { type Adapter } from './application.js';
import {
  type ApplicationProcess,
  startApplicationProcess,
} from './application-process.js';
import { DirectController } from './links/limited-site.js';
import { type PostgresCluster } from './databases/postgres.js';
import { freePorts, type S3Server } from './stores/swift.js';

/** What all instances of an application share. */
export interface InstanceParts {
  readonly adapter: Adapter;
  /** A directory, as a volume that all of them have. */
  readonly root: string;
  readonly connection: PostgresCluster['connection'];
  /** Where nginx says what it has sent. */
  readonly completions: string;
  readonly store: Pick<S3Server, 'endpoint' | 'bucket' | 'credentials'> & {
    /** Where others than the application reach it. */
    readonly urlEndpoint: string;
  };
}

/** The nginx that stands in front of all of them. */
export function instanceBackend({
  root,
  store: { urlEndpoint },
}: Pick<InstanceParts, 'root' | 'store'>): NginxOptions {
  return {
    rules: [{ sourceDir: root, destination: '/_offload/' }],
    remote: { hosts: [new URL(urlEndpoint).host] },
    headers: ['X-Instance'],
  };
}

/** The key of the file whose downloads are counted when nginx has sent them. */
export const HEARD_OF = 'heard-of.bin';

/** A link of the direct form whose file the instance itself sends, though nginx could. */
@Controller('streamed-link/:link')
export class StreamedLinkController extends DirectController {
  override backend = stream();
}

/** A process that has not been told its port yet. */
type Successor = Promise<ApplicationProcess>;

/** Several processes of one application, each on a port of its own that its successor takes over. */
export class Instances {
  private constructor(
    private readonly parts: readonly InstanceParts[],
    readonly ports: readonly number[],
    private readonly processes: ApplicationProcess[],
  ) {}

  static async start(parts: readonly InstanceParts[]): Promise<Instances> {
    const ports = await freePorts(parts.length);
    const processes = await Promise.all(parts.map(make));
    await Promise.all(
      processes.map((one, index) => one.say(String(ports[index]))),
    );
    return new Instances(parts, ports, processes);
  }

  get origins(): string[] {
    return this.ports.map((port) => `http://127.0.0.1:${port}`);
  }

  /** What it calls itself in `X-Instance`. */
  nameOf(index: number): string {
    return String(this.processes[index]?.pid);
  }

  indexOf(name: string): number {
    return this.ports.findIndex((_, index) => this.nameOf(index) === name);
  }

  /** How often each of them has heard that nginx sent the one file. */
  async completed(): Promise<number[]> {
    const counts = this.processes.map((one) => one.say('completed'));
    return (await Promise.all(counts)).map(Number);
  }

  /** A process that is to take the place of this one, and takes its time to start. */
  prepare(index: number): Successor {
    const successor = make(this.parts[index]);
    // Who waits for it is told.
    successor.catch(() => undefined);
    return successor;
  }

  /** Ends one of them; its port is nobody's then. */
  end(index: number, signal: NodeJS.Signals): Promise<string> {
    return this.processes[index].stop(signal);
  }

  async succeed(index: number, successor: Successor): Promise<void> {
    const one = await successor;
    this.processes[index] = one;
    await one.say(String(this.ports[index]));
  }

  async stop(): Promise<void> {
    await Promise.all(this.processes.map((one) => one.stop('SIGKILL')));
  }
}

function make(parts: InstanceParts): Promise<ApplicationProcess> {
  return startApplicationProcess('instance-application.ts', [
    JSON.stringify(parts),
  ]);
}
