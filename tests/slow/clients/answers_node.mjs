// The official client for node: what a tuned model answers, on every door; prints what it saw as JSON.
//   node answers_node.mjs BASE_URL MODEL

import OpenAI from "openai";
import { zodFunction, zodResponsesFunction, zodResponseFormat, zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";

const [baseURL, model] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey: "sk-answers", maxRetries: 0 });
const seen = {};

const capital = [{ role: "user", content: "What is the capital of France?" }];
const warm = [{ role: "user", content: "How warm is it in Oslo now?" }];
const bergen = [{ role: "user", content: "How warm is it in Bergen now?" }];
const who = [{ role: "user", content: "Who is Ada, 36, of London? Answer in JSON." }];
const City = z.object({ city: z.string(), unit: z.enum(["celsius", "fahrenheit"]) });
const Person = z.object({ name: z.string(), age: z.number(), city: z.string() });
const tool = zodFunction({ name: "get_weather", parameters: City });
const result = '{"celsius": 3}';

// chat: plain, in chunks, as events
const chat = client.chat.completions;
seen.chat = (await chat.create({ model, messages: capital })).choices[0].message.content;
let text = "";
for await (const chunk of await chat.create({ model, messages: capital, stream: true })) {
  text += chunk.choices[0]?.delta?.content ?? "";
}
seen.chunks = text;
text = "";
const stream = chat.stream({ model, messages: capital }).on("content", (delta) => (text += delta));
seen.stream = [await stream.finalContent(), text];

// tools: a call that is answered, and the client's own loop
const calling = (await chat.parse({ model, messages: warm, tools: [tool] })).choices[0].message;
const [call] = calling.tool_calls;
seen.call = [call.function.name, call.function.parsed_arguments];
const other = (await chat.parse({ model, messages: bergen, tools: [tool] })).choices[0].message.tool_calls[0];
seen.otherCall = other.function.parsed_arguments;
const told = { role: "tool", tool_call_id: call.id, content: result };
const answer = await chat.create({ model, messages: [...warm, calling, told], tools: [tool] });
seen.told = answer.choices[0].message.content;
const weather = {
  ...tool.function, function: async () => result, parse: JSON.parse, strict: undefined,
};
const run = { model, messages: warm, tools: [{ type: "function", function: weather }] };
const runner = chat.runTools(run);
seen.loop = await runner.finalContent();
seen.loopStreamed = await chat.runTools({ ...run, stream: true }).finalContent();
seen.looped = runner.messages.map((message) => message.role);

// structured output
const format = { model, messages: who, response_format: zodResponseFormat(Person, "person") };
seen.parsed = (await chat.parse(format)).choices[0].message.parsed;
seen.parsedStream = (await chat.stream(format).finalChatCompletion()).choices[0].message.parsed;

// the same as responses
const responses = client.responses;
const first = await responses.create({ model, input: capital[0].content });
seen.response = first.output_text;
text = "";
for await (const event of await responses.create({ model, input: capital, stream: true })) {
  if (event.type === "response.output_text.delta") text += event.delta;
}
seen.responseEvents = text;
seen.responseStream = (await responses.stream({ model, input: capital }).finalResponse()).output_text;
const flat = zodResponsesFunction({ name: "get_weather", parameters: City });
const asked = await responses.parse({ model, input: warm, tools: [flat] });
seen.responseCall = asked.output.map((item) => [item.type, item.name, item.parsed_arguments]);
seen.responseTold = (await responses.create({
  model, tools: [flat], previous_response_id: asked.id,
  input: [{ type: "function_call_output", call_id: asked.output[0].call_id, output: result }],
})).output_text;
const shaped = { model, input: who, text: { format: zodTextFormat(Person, "person") } };
seen.responseParsed = (await responses.parse(shaped)).output_parsed;
seen.responseParsedStream = (await responses.stream(shaped).finalResponse()).output_parsed;

// the others; the client asks for base64 and decodes it
const embedded = await client.embeddings.create({ model: "text-embedding-3-small", input: ["a cat", "a dog"] });
seen.embeddings = embedded.data.map((one) => one.embedding.length);
const length = Math.hypot(...embedded.data[0].embedding);
seen.unit = Math.abs(length - 1) < 1e-5;
const judged = await client.moderations.create({ input: ["hello", "I will kill you"] });
seen.flagged = judged.results.map((one) => one.flagged);
const legacy = { model: "davinci-002", prompt: "Once upon a time", max_tokens: 16 };
seen.completion = (await client.completions.create(legacy)).choices[0].text;
text = "";
for await (const chunk of await client.completions.create({ ...legacy, stream: true })) text += chunk.choices[0].text;
seen.completionStreamed = text === seen.completion;
console.log(JSON.stringify(seen));
