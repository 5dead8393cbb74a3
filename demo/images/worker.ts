/** The worker of the page of images: the flow of digits, so that the page never waits. */
import { digitsModel } from './model.ts';
import type { Call, DigitsModel, Reply } from './protocol.ts';

/** The library's types describe a page; these are a worker's members. */
const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<Call>) => void;
  postMessage: (message: Reply) => void;
};

const model = digitsModel((progress) => scope.postMessage({ progress }));

scope.onmessage = ({ data }) => void answer(data);

async function answer({ id, name, args }: Call): Promise<void> {
  try {
    const method = (await model)[name] as (...given: unknown[]) => ReturnType<DigitsModel[typeof name]>;
    scope.postMessage({ id, value: await method(...args) });
  } catch (error) {
    scope.postMessage({ id, problem: error instanceof Error ? error.message : String(error) });
  }
}
