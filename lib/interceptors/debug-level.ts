import { Logger } from '@nestjs/common';

class Levels extends Logger {
  static isDebugged(): boolean {
    return (
      this.staticInstanceRef !== undefined &&
      (this.isLevelEnabled('debug') || !this.isLevelEnabled('fatal'))
    );
  }
}

/**
 * Whether anybody reads lines of the level debug. Nest 11 says no for every level where the application has
 * chosen none, which is where it prints all of them.
 *
 * @internal
 */
export function isDebugged(): boolean {
  return Levels.isDebugged();
}
