import { type LoggerService } from '@nestjs/common';

/** A logger that keeps what it is told, at every level; errors with their stacks. */
export class LogLines implements LoggerService {
  readonly lines: string[] = [];
  readonly #keep =
    (level: string) =>
    (...parts: unknown[]): void => {
      const texts = parts.map((part) =>
        part instanceof Error ? String(part.stack) : String(part),
      );
      this.lines.push([level, ...texts].join(' '));
    };

  log = this.#keep('log');
  error = this.#keep('error');
  warn = this.#keep('warn');
  debug = this.#keep('debug');

  get text(): string {
    return this.lines.join('\n');
  }

  /** The lines of one level: `warn`. */
  of(level: string): string[] {
    return this.lines.filter((line) => line.startsWith(`${level} `));
  }
}
