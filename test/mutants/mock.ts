/** vitest's mock functions, as far as tests use them. */
type Body = (...args: unknown[]) => unknown;

export interface Mock extends Body {
  mock: { calls: unknown[][] };
  mockImplementation(body: Body): Mock;
}

const restored: (() => void)[] = [];

export function fn(body: Body = () => undefined): Mock {
  let current = body;
  const calls: unknown[][] = [];
  const call = (...args: unknown[]) => {
    calls.push(args);
    return current(...args);
  };
  const mock: Mock = Object.assign(call, {
    mock: { calls },
    mockImplementation(other: Body) {
      current = other;
      return mock;
    },
  });
  return mock;
}

/** In place of the object's method until `restoreAllMocks`. */
export function spyOn(object: Record<string, unknown>, name: string): Mock {
  const real = object[name];
  const mock = fn(typeof real === "function" ? (...args) => Reflect.apply(real, object, args) : undefined);
  object[name] = mock;
  restored.push(() => {
    object[name] = real;
  });
  return mock;
}

export function restoreAllMocks(): void {
  for (const restore of restored.splice(0).reverse()) restore();
}
