/**
 * The children of components, beside them: for transforms, and to depend on one of them. Pulumi's analyzer takes every
 * field of a component for an output and refuses one that holds a component, so a getter reads them from here.
 */
export class Nodes<Component extends object, Children> {
  readonly #kept = new WeakMap<Component, Children>();

  keep(component: Component, children: Children): void {
    this.#kept.set(component, children);
  }

  of(component: Component): Children {
    const children = this.#kept.get(component);
    if (children === undefined) throw new Error("a component's children are there once its constructor is done");
    return children;
  }
}
