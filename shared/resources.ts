/**
 * An owner of things that must be closed: they are, in reverse order, when it is disposed of. (Node 22 has no
 * `AsyncDisposableStack` yet.)
 */
export interface Resources extends AsyncDisposable {
  /** Takes ownership and gives the resource back. */
  use<Resource extends AsyncDisposable>(resource: Resource): Resource;
  /** Calls `close` at the end. */
  defer(close: () => void | Promise<void>): void;
}

/** Every resource is closed even when closing another one fails; the first failure is thrown at the end. */
export function createResources(): Resources {
  const closes: (() => void | PromiseLike<void>)[] = [];
  return {
    use(resource) {
      closes.push(() => resource[Symbol.asyncDispose]());
      return resource;
    },
    defer(close) {
      closes.push(close);
    },
    async [Symbol.asyncDispose]() {
      let failure: { readonly error: unknown } | undefined;
      for (let close = closes.pop(); close !== undefined; close = closes.pop()) {
        try {
          await close();
        } catch (error) {
          failure ??= { error };
        }
      }
      if (failure !== undefined) throw failure.error;
    },
  };
}
