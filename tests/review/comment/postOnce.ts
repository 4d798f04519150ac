import { placeOf, postComments, postedText } from "../../../review/comment/post.ts";

/** A job as a process of its own: posts the comments of its first argument, and prints what became of them. */
console.log(postedText(await postComments(placeOf(process.env), "vllm", JSON.parse(process.argv[2] ?? "[]"))));
