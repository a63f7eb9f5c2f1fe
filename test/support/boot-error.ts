import {
  type Adapter,
  type ApplicationParts,
  createApplication,
} from './application.js';

/** What stops the boot of an application that must not boot. */
export async function bootError(
  adapter: Adapter,
  parts: ApplicationParts,
): Promise<Error> {
  try {
    const app = await createApplication(adapter, parts);
    try {
      await app.init();
    } finally {
      await app.close();
    }
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
  throw new Error('The application booted');
}
