/** What each comes to, in their order. A failure of a later one does not count as unhandled before its turn. */
export function inOrder<Made>(running: readonly Promise<Made>[]): AsyncGenerator<Made, void, void> {
  for (const one of running) one.catch(() => undefined);
  return awaited(running);
}

async function* awaited<Made>(running: readonly Promise<Made>[]): AsyncGenerator<Made, void, void> {
  for (const one of running) yield await one;
}
