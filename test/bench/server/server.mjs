// The library and its peers side by side in one process.
import 'reflect-metadata';
import { answerQuestions, settings } from '../questions.mjs';
import { APPLICATIONS } from './applications.mjs';
import { memoryGrowth, watchMemory } from './memory.mjs';

const { kind, ...more } = settings();
const ports = {};
for (const [name, app] of Object.entries(await APPLICATIONS[kind](more))) {
  await app.listen(0, '127.0.0.1');
  ports[name] = app.getHttpServer().address().port;
}
answerQuestions(
  { ports },
  {
    /** Seconds that this process has had of the processors, its threads included. */
    cpu() {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
    watchMemory,
    memoryGrowth,
  },
);
