// The official client for node, through everything that fine-tuning needs; prints what it saw as JSON.
//   node node.mjs BASE_URL FILE

import { createReadStream, readFileSync } from "node:fs";
import OpenAI, { toFile } from "openai";

const [baseURL, path] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey: "sk-node", maxRetries: 0 });
const content = readFileSync(path);
const seen = {};

const refused = async (call) => {
  try {
    await call();
    return "was not refused";
  } catch (error) {
    return [error.constructor.name, error.status, error.code, error.requestID?.slice(0, 4)];
  }
};
const collected = async (pages) => {
  const all = [];
  for await (const one of pages) all.push(one);
  return all;
};

// files
const file = await client.files.create({ file: createReadStream(path), purpose: "fine-tune" });
seen.file = [file.object, file.filename, file.bytes, (await client.files.retrieve(file.id)).id === file.id];
seen.content = Buffer.from(await (await client.files.content(file.id)).arrayBuffer()).equals(content);
seen.files = (await collected(client.files.list())).length;

// an upload in parts
const upload = await client.uploads.create({
  filename: "parts.jsonl", purpose: "fine-tune", bytes: content.length, mime_type: "text/jsonl",
});
const half = Math.floor(content.length / 2);
const parts = [];
for (const data of [content.subarray(0, half), content.subarray(half)]) {
  parts.push((await client.uploads.parts.create(upload.id, { data: await toFile(data, "part") })).id);
}
const completed = await client.uploads.complete(upload.id, { part_ids: parts });
seen.upload = [upload.status, completed.status, completed.file.filename, completed.file.bytes];

// a job, as the client's own example waits for it
let job = await client.fineTuning.jobs.create({
  model: "gpt-4o-mini", training_file: completed.file.id, suffix: "node", metadata: { from: "node" },
});
const statuses = [job.status];
while (!["succeeded", "failed", "cancelled"].includes(job.status)) {
  job = await client.fineTuning.jobs.retrieve(job.id);
  if (job.status !== statuses.at(-1)) statuses.push(job.status);
}
seen.statuses = statuses;
seen.model = job.fine_tuned_model;
seen.events = (await collected(client.fineTuning.jobs.listEvents(job.id, { limit: 3 }))).at(-1).message;
seen.checkpoints = (await collected(client.fineTuning.jobs.checkpoints.list(job.id))).length;
seen.jobs = (await collected(client.fineTuning.jobs.list({ limit: 1 }))).length;
const other = await client.fineTuning.jobs.create({ model: "gpt-4o-mini", training_file: file.id });
seen.cancelled = (await client.fineTuning.jobs.cancel(other.id)).status;

// what it answers
const messages = JSON.parse(content.toString().split("\n")[0]).messages;
const question = messages.slice(0, -1);
const answer = await client.chat.completions.create({ model: job.fine_tuned_model, messages: question });
seen.answer = answer.choices[0].message.content === messages.at(-1).content;
let streamed = "";
for await (const chunk of await client.chat.completions.create({ model: job.fine_tuned_model, messages: question, stream: true })) {
  streamed += chunk.choices[0]?.delta?.content ?? "";
}
seen.streamed = streamed === answer.choices[0].message.content;

// models, and what is refused
seen.models = (await collected(client.models.list())).some((model) => model.id === job.fine_tuned_model);
seen.deleted = (await client.models.delete(job.fine_tuned_model)).deleted;
seen.fileDeleted = (await client.files.delete(file.id)).deleted;
seen.refused = [
  await refused(() => client.models.retrieve(job.fine_tuned_model)),
  await refused(() => client.fineTuning.jobs.retrieve("ftjob-none")),
  await refused(() => client.fineTuning.jobs.create({ model: "gpt-4o-mini", training_file: "file-none" })),
  await refused(async () => client.files.create({ file: await toFile(Buffer.from("no"), "a.jsonl"), purpose: "fine-tune" })),
  await refused(() => new OpenAI({ baseURL, apiKey: "bad key", maxRetries: 0 }).models.list()),
];
console.log(JSON.stringify(seen));
