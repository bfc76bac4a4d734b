/** Whether a process of this machine still runs, by its id: what it left behind is swept only when it is gone. */
export function processRuns(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    // Someone else's process may not be signalled, and runs.
    return (error as { readonly code?: string }).code === "EPERM";
  }
}
