// Pulumi compiles an entry in TypeScript itself, by an older compiler: what this one imports, Node strips of its types.
import "./pack.ts";
