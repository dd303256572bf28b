//! An agent's conversation: asking, using tools, asking again; and what is stored of it, so that it can be taken up.

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use shared::{run::FailureCode, value::Value};

use super::{schema, shelf::Shelf, trace::Step};
use crate::{
    Image, NodeContext, NodeError, VendorJob,
    generation::GenerationKind,
    nodes::model::{Call, finish},
    provider::{ChatAnswer, ChatRequest, Made, Picture, ToolCall, ToolResult, ToolSpec, Turn, connect},
};

/// More calls in one turn are told to come later.
const AT_ONCE: usize = 16;

/// What the person wants.
pub(super) struct Asked {
    pub prompt: String,
    pub system: String,
    pub model: String,
    pub connection: String,
    pub turns_max: u32,
    pub usd_max: Option<f64>,
    pub temperature: Option<f64>,
    pub max_tokens: Option<u32>,
    pub reasoning_effort: Option<String>,
}

/// What is stored: with it, another attempt at the run goes on.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct State {
    /// Whoever answered first answers on: the others would not know their own words again.
    provider: String,
    turns: Vec<Turn>,
    steps: Vec<Step>,
    shelf: Shelf,
    /// The answer, once there is one.
    answer: Option<String>,
    cost_usd: Option<f64>,
    elapsed_millis: u64,
}

pub(super) struct Talk<'a> {
    ctx: &'a NodeContext,
    asked: Asked,
    tools: Vec<ToolSpec>,
    pictures: Vec<Picture>,
    /// How many of the shelf's media were there from the beginning.
    given: usize,
    introduction: String,
    begin: Instant,
    /// Std mutex: tools of one turn end at the same time; never held across awaits.
    state: Mutex<State>,
}

impl<'a> Talk<'a> {
    pub async fn begin(
        ctx: &'a NodeContext,
        asked: Asked,
        images: &[Image],
        material: Vec<Value>,
    ) -> Result<Self, NodeError> {
        let mut pictures = Vec::new();
        for image in images {
            pictures.push(Picture { mime: image.media().mime.clone(), bytes: image.bytes(ctx).await? });
        }
        let mut shelf = Shelf::default();
        let mut introduction = String::new();
        let values = images.iter().map(|image| Value::Image(image.media().clone())).chain(material);
        for value in values {
            let media = value.media().expect("material was checked").clone();
            introduction.push_str(&format!("\n- {}", shelf.introduce(&value, &media)));
        }
        if !introduction.is_empty() {
            introduction = format!("\n\nTools can be given these, by their names:{introduction}");
        }
        let given = shelf.media().count();
        let state = match ctx.job() {
            None => State { shelf, ..State::default() },
            Some(VendorJob { id: Some(_), data, .. }) => taken_up(data)?,
            Some(VendorJob { provider, .. }) => {
                let message = format!(
                    "the worker was lost while `{provider}` was being asked: whether it answered, and billed it, is \
                     unknown, so the request was not sent again; run the node again to begin anew"
                );
                return Err(NodeError::new(FailureCode::Internal, message));
            }
        };
        ctx.spend(state.cost_usd);
        let begin = Instant::now();
        let begin = begin.checked_sub(Duration::from_millis(state.elapsed_millis)).unwrap_or(begin);
        let tools = ctx.tools().iter().map(schema::told).collect();
        Ok(Self { ctx, asked, tools, pictures, given, introduction, begin, state: Mutex::new(state) })
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds the lock")
    }

    /// Works until there is an answer.
    pub async fn go(&mut self) -> Result<String, NodeError> {
        loop {
            if let Some(answer) = &self.state().answer {
                return Ok(answer.clone());
            }
            self.use_tools().await?;
            self.ctx.check_cancelled()?;
            let turn = self.state().turns.len() as u32 + 1;
            self.ctx.progress(f64::from(turn - 1) / f64::from(self.asked.turns_max));
            if let (Some(most), Some(spent)) = (self.asked.usd_max, self.ctx.cost_usd())
                && spent >= most
            {
                let message = format!("the agent has spent ${spent:.4}, and may spend ${most}: it was stopped");
                return Err(NodeError::invalid("usd_max", message));
            }
            let answer = self.ask(turn).await?;
            if turn >= self.asked.turns_max && !answer.calls.is_empty() {
                let message = format!("the agent came to no answer in {turn} turns: allow more, or ask for less");
                return Err(NodeError::invalid("turns_max", message));
            }
            {
                let mut state = self.state();
                if answer.calls.is_empty() {
                    state.answer = Some(answer.text);
                } else {
                    let (text, calls, kept) = (answer.text, answer.calls, answer.kept);
                    state.turns.push(Turn { text, calls, kept, results: Vec::new() });
                }
            }
            self.store(Some(format!("turn-{turn}"))).await?;
        }
    }

    /// Asks the model once. From before the request until its answer is stored, nobody may ask again.
    async fn ask(&self, turn: u32) -> Result<ChatAnswer, NodeError> {
        let first = self.state().provider.clone();
        let named = if self.asked.connection.trim().is_empty() { &first } else { &self.asked.connection };
        let connection = connect(self.ctx, named, &self.asked.model, "text.chat", "openai").await?;
        let mut call = Call::new(self.ctx, &connection.name, &self.asked.model, GenerationKind::Text);
        call.note("prompt", json!(self.asked.prompt));
        call.note_if("system", (!self.asked.system.is_empty()).then(|| json!(self.asked.system)));
        call.note_if("temperature", self.asked.temperature.map(Json::from));
        call.note_if("max_tokens", self.asked.max_tokens.map(Json::from));
        call.note_if("reasoning_effort", self.asked.reasoning_effort.clone().map(Json::from));
        call.note("tools", json!(self.tools.iter().map(|tool| &tool.name).collect::<Vec<_>>()));
        call.note("turn", json!(turn));
        let request = ChatRequest {
            model: self.asked.model.clone(),
            system: self.asked.system.clone(),
            prompt: format!("{}{}", self.asked.prompt, self.introduction),
            pictures: self.pictures.clone(),
            temperature: self.asked.temperature,
            max_tokens: self.asked.max_tokens,
            reasoning_effort: self.asked.reasoning_effort.clone(),
            tools: self.tools.clone(),
            turns: self.state().turns.clone(),
            answer_now: turn >= self.asked.turns_max,
            ..ChatRequest::default()
        };
        let _permit = tokio::select! {
            permit = self.ctx.network() => permit,
            () = self.ctx.cancel().cancelled() => return Err(NodeError::Cancelled),
        };
        self.state().provider.clone_from(&connection.name);
        self.store(None).await?;
        let on_delta = |delta: &str| self.ctx.text("text", delta);
        let answer = tokio::select! {
            answer = connection.provider.chat(&request, &on_delta) => answer,
            () = self.ctx.cancel().cancelled() => return Err(call.cancelled()),
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => return Err(self.refused(call.failed(error), turn).await?),
        };
        if let Some(model) = &answer.model {
            call.generation.model.clone_from(model);
        }
        call.generation.output.text = Some(answer.text.clone());
        call.note_if("tool_calls", (!answer.calls.is_empty()).then(|| json!(answer.calls)));
        if !answer.calls.is_empty() && !answer.text.is_empty() {
            // What is said before a tool is used is no part of the answer, but stands in front of it while it streams.
            self.ctx.text("text", "\n\n");
        }
        finish(&mut call, &connection, answer.usage, answer.retries, Made::Text);
        Ok(answer)
    }

    /// The provider has answered, though not well: trying again, where the person allowed that, asks this turn again.
    async fn refused(&self, error: NodeError, turn: u32) -> Result<NodeError, NodeError> {
        if turn > 1 {
            self.store(Some(format!("turn-{}", turn - 1))).await?;
        } else {
            self.ctx.forget_job().await?;
        }
        Ok(error)
    }

    async fn store(&self, id: Option<String>) -> Result<(), NodeError> {
        let (provider, data) = {
            let mut state = self.state();
            state.cost_usd = self.ctx.cost_usd();
            state.elapsed_millis = self.begin.elapsed().as_millis() as u64;
            (state.provider.clone(), serde_json::to_value(&*state).expect("all of it is JSON"))
        };
        self.ctx.store_job(&VendorJob { provider, id, data }).await
    }

    /// Uses what the last turn called for and has no result yet, all at once.
    async fn use_tools(&self) -> Result<(), NodeError> {
        let (turn, calls, nth) = {
            let state = self.state();
            let Some(last) = state.turns.last().filter(|last| last.results.is_empty()) else { return Ok(()) };
            let before: usize = state.turns[..state.turns.len() - 1].iter().map(|turn| turn.calls.len()).sum();
            (state.turns.len() as u32, last.calls.clone(), before as u32)
        };
        let uses = calls.iter().enumerate().map(|(at, call)| self.use_tool(turn, call, at, nth + at as u32));
        // A tool may call a model, or ask people: each counts for itself.
        let results: Result<Vec<ToolResult>, NodeError> = self.ctx.idle(join_all(uses)).await.into_iter().collect();
        let results = results?;
        let mut state = self.state();
        state.turns.last_mut().expect("it was there before").results = results;
        Ok(())
    }

    /// One call. Whatever goes wrong with it, the model is told; only the run's own end is an error here.
    async fn use_tool(&self, turn: u32, call: &ToolCall, at: usize, nth: u32) -> Result<ToolResult, NodeError> {
        let started = self.begin.elapsed().as_millis() as u64;
        let arguments = call.object().map_or_else(|_| json!(call.arguments), Json::Object);
        let step = Step { turn, tool: call.name.clone(), arguments, started_millis: started, ..Step::default() };
        self.ctx.text("log", &step.begin());
        let place = {
            let mut state = self.state();
            state.steps.push(step);
            state.steps.len() - 1
        };
        self.preview();
        let used = match self.prepared(call, at) {
            Ok((tool, inputs, params)) => match self.ctx.use_tool(tool, nth, inputs, params).await {
                (Ok(values), cost_usd) => Ok((values, cost_usd)),
                (Err(NodeError::Cancelled), _) => return Err(NodeError::Cancelled),
                // What a vendor answered besides is for people.
                (Err(NodeError::Failed(failure)), _) => Err(failure.message),
            },
            Err(why) => Err(why),
        };
        let (line, result) = {
            let mut state = self.state();
            let (text, failed, cost_usd) = match used {
                Ok((values, cost_usd)) => (state.shelf.tell(&values), false, cost_usd),
                Err(why) => (why, true, None),
            };
            let step = &mut state.steps[place];
            if failed {
                step.error = Some(text.clone());
            } else {
                step.result = Some(text.clone());
            }
            step.duration_millis = Some((self.begin.elapsed().as_millis() as u64).saturating_sub(started));
            step.cost_usd = cost_usd;
            (step.end(), ToolResult { id: call.id.clone(), name: call.name.clone(), text, failed })
        };
        self.ctx.text("log", &line);
        self.preview();
        Ok(result)
    }

    /// Which tool, and with what.
    fn prepared(&self, call: &ToolCall, at: usize) -> Result<(usize, crate::Inputs, shared::graph::Params), String> {
        if at >= AT_ONCE {
            return Err(format!("only {AT_ONCE} tools are used at once: call this one again"));
        }
        let tools = self.ctx.tools();
        let found = tools.iter().position(|tool| tool.name == call.name).ok_or_else(|| {
            let known: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
            format!("there is no tool `{}`: there are `{}`", call.name, known.join("`, `"))
        })?;
        let (inputs, params) = schema::given(&tools[found], call.object()?, &self.state().shelf)?;
        Ok((found, inputs, params))
    }

    fn preview(&self) {
        let steps = json!(self.state().steps);
        self.ctx.preview("trace", Value::Json(steps));
    }

    /// What was called, as data and as text.
    pub fn told(&self) -> (Json, String) {
        let state = self.state();
        let mut log = String::new();
        for step in &state.steps {
            log += &step.begin();
            log += &step.end();
        }
        (json!(state.steps), log)
    }

    /// The media that tools made.
    pub fn made(&self) -> Vec<Value> {
        self.state().shelf.media().skip(self.given).cloned().collect()
    }
}

/// Tools that were at work begin again; what they had finished, they find.
fn taken_up(data: Json) -> Result<State, NodeError> {
    serde_json::from_value(data).map_err(|error| NodeError::internal("what the agent had done cannot be read", error))
}
