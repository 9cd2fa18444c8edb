/** Runs without stack traces: nobody reads those of thousands of errors, and they cost more than most calls. */
export async function untraced<T>(run: () => Promise<T>): Promise<T> {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return await run();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
