// What modules of this folder import their memory from: the name of a package can't be written into them.

export { memory } from "@millrace/core/kernel-memory";
