// A plain @hocuspocus/server with its defaults and nothing stored: what its own README starts with.
import { Server } from "@hocuspocus/server";

new Server({ port: Number(process.env.PORT), address: "127.0.0.1", quiet: true }).listen();
