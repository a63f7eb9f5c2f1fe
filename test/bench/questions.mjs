/**
 * The other side of startChild(): says that this process is ready, and answers what it is asked.
 *
 * @param ready what there is to say at the start
 * @param answers functions by the name of the question
 */
export function answerQuestions(ready, answers) {
  process.on('message', async ({ question, details }) => {
    try {
      process.send({ answer: await answers[question](details) });
    } catch (error) {
      process.send({ error: error.stack });
    }
  });
  process.on('disconnect', () => process.exit());
  process.send({ answer: ready });
}

/** What startChild() was given. */
export function settings() {
  return JSON.parse(process.argv[2]);
}
