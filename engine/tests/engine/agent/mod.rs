//! Agents: models that call tools in turn, at once, wrongly and without end, in every language that has tools.

mod model;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use engine::{
    EventLog, FixedKeys, Generation, NodeContext, NodeError, ProviderKey, RunReport, RunRequest, Secret,
    generation::{GenerationKind, GenerationLog, GenerationRecord, Outcome},
    node,
};
use serde_json::{Value as Json, json};
use shared::{
    graph::{Edge, EdgeId, Graph, Node},
    run::{FailureCode, NodeFailure, RunEvent, RunStatus},
    value::{Value, Values},
};

use self::model::{LANGUAGES, Language, Model, SECRET};
use crate::{
    checkpoint::Kept,
    fixture::{count, engine, lines, request},
    graph::id,
};

/// Counts that it was used, and waits to be told that it may end.
#[node("test.wait", title = "Wait", resource = "network", cacheable = false, example = "{}")]
async fn wait(
    /// Under which name it waits.
    #[param(default = "")]
    label: String,
    ctx: &NodeContext,
) -> Result<String, NodeError> {
    *WAITING.lock().unwrap().entry(label.clone()).or_default() += 1;
    while !OPEN.lock().unwrap().contains(&label) {
        ctx.check_cancelled()?;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok("waited".to_owned())
}

/// Costs a quarter of a dollar.
#[node("test.costly", title = "Costly", cacheable = false, example = "{}")]
async fn costly(
    /// What is asked.
    #[param(default = "")]
    text: String,
    ctx: &NodeContext,
) -> Result<String, NodeError> {
    let mut generation = Generation::new("somebody", "dear", GenerationKind::Text);
    generation.metrics.cost_usd = Some(0.25);
    ctx.record(generation);
    Ok(text)
}

static WAITING: Mutex<BTreeMap<String, usize>> = Mutex::new(BTreeMap::new());
static OPEN: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Makes a text loud, in a workflow of its own.
fn louder() -> Json {
    json!({"openflow": 1, "nodes": {
        "in": {"type": "text.input", "params": {"name": "text", "value": "nothing"}},
        "loud": {"type": "text.join", "params": {"separator": "!"}},
        "out": {"type": "output.text", "params": {"name": "text"}},
    }, "edges": {
        "loud:texts:1": {"from": "in", "output": "text", "to": "loud", "input": "texts"},
        "loud:texts:2": {"from": "in", "output": "text", "to": "loud", "input": "texts"},
        "out:text": {"from": "loud", "output": "text", "to": "out", "input": "text"},
    }})
}

fn workflow(language: Language, params: Json) -> Graph {
    let mut graph = Graph::default();
    let mut agent = Node::new("text.agent");
    agent.params = serde_json::from_value(params).unwrap();
    agent.params.insert("connection".into(), json!(language.provider()));
    graph.nodes.insert(id("a"), agent);
    for output in ["text", "trace", "log", "made"] {
        let mut node = Node::new("test.output");
        node.params.insert("name".into(), json!(output));
        let to = id(output);
        let edge = Edge { from: id("a"), output: output.into(), to: to.clone(), input: "value".into() };
        graph.edges.insert(EdgeId::single(&to, "value"), edge);
        graph.nodes.insert(to, node);
    }
    graph
}

fn attempt(model: &Model, language: Language, params: Json) -> (RunRequest, Arc<GenerationLog>) {
    let mut request = request(workflow(language, params));
    let key = ProviderKey {
        secret: Secret::new(SECRET),
        base_url: Some(model.base_url().to_owned()),
        allow_private: true,
        payer: None,
    };
    request.keys = Arc::new(FixedKeys::none().with(language.provider(), key));
    let records = Arc::new(GenerationLog::default());
    request.generations = records.clone();
    (request, records)
}

struct Told {
    report: RunReport,
    events: Vec<RunEvent>,
    records: Vec<GenerationRecord>,
    model: Model,
}

impl Told {
    fn output(&self, name: &str) -> &Value {
        self.report.outputs.get(name).unwrap_or_else(|| panic!("{:?}", self.report))
    }

    fn text(&self, name: &str) -> &str {
        let Value::Text(text) = self.output(name) else { panic!("{:?}", self.output(name)) };
        text
    }

    fn trace(&self) -> &Vec<Json> {
        let Value::Json(Json::Array(trace)) = self.output("trace") else { panic!("{:?}", self.output("trace")) };
        trace
    }

    fn failure(&self) -> &NodeFailure {
        self.report.failures.get(&id("a")).unwrap_or_else(|| panic!("{:?}", self.report))
    }
}

async fn play(language: Language, params: Json) -> Told {
    let model = Model::start(language).await;
    let (request, records) = attempt(&model, language, params);
    let log = Arc::new(EventLog::default());
    let report = engine().run(&request, log.clone()).await.unwrap();
    let told = Told { report, events: log.events(), records: records.records(), model };
    let said = format!("{:?}{:?}{}", told.report, told.events, serde_json::to_string(&told.records).unwrap());
    assert!(!said.contains(SECRET), "the key got out: {said}");
    told
}

#[tokio::test]
async fn tools_are_used_in_turn() {
    for language in LANGUAGES {
        let tools = json!(["text.case", {"name": "louder", "description": "Makes it loud.", "graph": louder()}]);
        let told = play(language, json!({"prompt": "Shout", "model": "turns", "tools": tools})).await;
        assert_eq!(told.text("text"), "It is A HARBOUR!A HARBOUR", "{language:?}");
        let [first, second] = told.trace().as_slice() else { panic!("{language:?}: {:?}", told.trace()) };
        assert_eq!(
            (&first["tool"], &first["turn"], &first["result"]),
            (&json!("text_case"), &json!(1), &json!("A HARBOUR"))
        );
        assert_eq!(first["arguments"], json!({"text": "a harbour", "case": "upper"}));
        assert_eq!((&second["tool"], &second["turn"]), (&json!("louder"), &json!(2)));
        assert!(second["duration_millis"].is_u64() && second["started_millis"].is_u64());
        assert!(told.text("log").contains("louder = A HARBOUR!A HARBOUR"), "{}", told.text("log"));
        let streamed = lines(&told.events);
        assert!(streamed.contains("a.log += 1. text_case") && streamed.contains("a.trace preview"), "{streamed}");
        assert!(streamed.contains("a.text += It is A HARBOUR!A HARBOUR"), "{streamed}");
        assert_eq!((told.records.len(), told.model.asked().len()), (3, 3), "each question is a call");
        assert_eq!(told.report.cost_usd, None, "the price at a foreign server is unknown");
    }
}

#[tokio::test]
async fn tools_of_one_turn_work_at_once() {
    for language in LANGUAGES {
        // Each of the two ends only when the other one is there.
        let place = format!("agent {language:?}");
        let tools = json!([{"node": "test.meet", "params": {"place": place}}]);
        let told = play(language, json!({"prompt": "Meet", "model": "parallel", "tools": tools})).await;
        assert_eq!(told.text("text"), "0.0 and 0.0", "{language:?}");
    }
}

#[tokio::test]
async fn what_goes_wrong_is_told_to_the_model_and_ends_nothing() {
    for language in LANGUAGES {
        let tools = json!(["text.case", "test.fail"]);
        let told = play(language, json!({"prompt": "Try", "model": "wrong", "tools": tools})).await;
        let answer: Vec<&str> = told.text("text").lines().collect();
        let expected = [
            "not", // JSON; where arguments are data, no object
            "the arguments are not a JSON object",
            "there is no tool `format_disk`: there are `text_case`, `test_fail`",
            "argument `words`: the tool takes nothing of this name",
            "parameter `case`",
            "input `text` is not connected",
            "no number is good enough",
            "the node has a fault and gave up",
            "HELLO",
        ];
        assert_eq!(answer.len(), expected.len(), "{language:?}: {answer:#?}");
        for (said, expected) in answer.iter().zip(expected) {
            assert!(said.contains(expected), "{language:?}: {said} has no {expected}");
        }
        let errors = told.trace().iter().filter(|step| step.get("error").is_some()).count();
        assert_eq!((errors, told.report.status), (8, RunStatus::Done));
        assert!(!told.text("text").contains("because"), "a raw answer is not for the model");
    }
}

#[tokio::test]
async fn an_agent_has_to_come_to_an_end() {
    for language in LANGUAGES {
        let params = |model: &str| json!({"prompt": "Go on", "model": model, "tools": ["text.case"], "turns_max": 3});
        let told = play(language, params("endless")).await;
        assert_eq!(told.text("text"), "enough after 2", "{language:?}");
        let told = play(language, params("stubborn")).await;
        assert_eq!((told.failure().field.as_deref(), told.model.asked().len()), (Some("turns_max"), 3), "{language:?}");
    }
}

#[tokio::test]
async fn an_agent_stops_when_its_money_is_spent() {
    let tools = json!([{"node": "test.costly", "name": "text_case"}]);
    let params = json!({"prompt": "Go on", "model": "endless", "tools": tools, "usd_max": 0.4});
    let told = play(Language::OpenAi, params).await;
    assert_eq!((told.failure().field.as_deref(), told.model.asked().len()), (Some("usd_max"), 2));
    assert!(told.failure().message.contains("$0.5"), "{:?}", told.failure());

    let params = json!({"prompt": "Go on", "model": "endless", "tools": tools, "turns_max": 3});
    let told = play(Language::OpenAi, params).await;
    assert_eq!((told.report.cost_usd, &told.trace()[1]["cost_usd"]), (Some(0.5), &json!(0.25)));
}

#[tokio::test]
async fn media_go_from_tool_to_tool_by_their_names() {
    for language in LANGUAGES {
        let tools = json!(["test.picture", "image.grayscale"]);
        let told = play(language, json!({"prompt": "Paint", "model": "painter", "tools": tools})).await;
        let answer: Vec<&str> = told.text("text").lines().collect();
        assert!(answer[0].starts_with("image-2 (image/png, 64 x 64)"), "{language:?}: {answer:?}");
        assert!(answer[1].contains("there is no"), "no hash that a model makes up opens anything: {answer:?}");
        assert!(answer[2].contains("takes the name of a medium"), "{answer:?}");
        let Value::List(made) = told.output("made") else { panic!("{:?}", told.output("made")) };
        assert!(made.len() == 2 && made.iter().all(|value| matches!(value, Value::Image(_))), "{made:?}");
    }
}

#[tokio::test]
async fn an_agent_that_is_told_to_stop_stops_its_tools() {
    let model = Model::start(Language::OpenAi).await;
    let tools = json!(["text.case", {"node": "test.hang", "name": "wait", "params": {"label": "agent stopped"}}]);
    let params = json!({"prompt": "Wait", "model": "slow", "tools": tools});
    let (request, records) = attempt(&model, Language::OpenAi, params);
    let log = Arc::new(EventLog::default());
    let cancel = async {
        while !lines(&log.events()).contains("wait {}") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        request.cancel.cancel();
    };
    let engine = engine();
    let (report, ()) = tokio::join!(engine.run(&request, log.clone()), cancel);
    assert_eq!(report.unwrap().status, RunStatus::Cancelled);
    assert_eq!((model.asked().len(), records.records()[0].generation.outcome), (1, Outcome::Ok));
}

#[tokio::test]
async fn an_agent_that_was_cut_off_asks_nothing_twice() {
    for language in LANGUAGES {
        let label = format!("agent {language:?}");
        let model = Model::start(language).await;
        let tools = json!([
            {"node": "test.work", "name": "text_case", "params": {"label": label}},
            {"node": "test.wait", "name": "wait", "params": {"label": label}},
        ]);
        let mut graph = workflow(language, json!({"prompt": "Wait", "model": "parallel", "tools": tools}));
        let agent = graph.nodes.get_mut(&id("a")).unwrap();
        agent.params.insert("model".into(), json!("cut-off"));
        let kept = Arc::new(Kept::default());
        let attempt = || {
            let (mut request, records) = attempt(&model, language, json!({}));
            request.graph = graph.clone();
            request.run = uuid::Uuid::from_u128(1).into();
            request.checkpoints = kept.clone();
            (request, records)
        };
        let (first, _) = attempt();
        let log = Arc::new(EventLog::default());
        let told = log.clone();
        let lost = tokio::spawn(async move { engine().run(&first, told).await });
        while !lines(&log.events()).contains("text_case = 0") || WAITING.lock().unwrap().get(&label).is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        lost.abort();
        assert!(lost.await.unwrap_err().is_cancelled());
        OPEN.lock().unwrap().push(label.clone());

        let (second, records) = attempt();
        let report = engine().run(&second, Arc::new(EventLog::default())).await.unwrap();
        assert_eq!(report.outputs["text"], Value::Text("0.0 waited".into()), "{language:?}: {report:?}");
        assert_eq!((model.asked().len(), records.records().len()), (2, 1), "one question in each attempt");
        assert_eq!(count(&label), 1, "what was finished is not done again");
    }
}

#[tokio::test]
async fn a_question_whose_answer_was_lost_is_not_asked_again() {
    let language = Language::Anthropic;
    let model = Model::start(language).await;
    let kept = Arc::new(Kept::default());
    let job = engine::VendorJob { provider: "anthropic".into(), id: None, data: json!({}) };
    kept.jobs.lock().unwrap().insert(engine::StepId::once(id("a")), job);
    let (mut request, _) = attempt(&model, language, json!({"prompt": "Hi", "model": "silent"}));
    request.checkpoints = kept;
    let report = engine().run(&request, Arc::new(EventLog::default())).await.unwrap();
    let failure = &report.failures[&id("a")];
    assert!(failure.message.contains("was not sent again") && model.asked().is_empty(), "{failure:?}");
}

#[tokio::test]
async fn a_model_without_tools_is_asked_like_any_other() {
    let told = play(Language::OpenAi, json!({"prompt": "Hi", "model": "silent", "tools": []})).await;
    assert_eq!((told.text("text"), told.trace().len()), ("without any tool", 0));
    assert_eq!(told.model.asked()[0].get("tools"), None);
    let told = play(Language::Google, json!({"prompt": "Hi", "model": "down", "tools": []})).await;
    assert_eq!((told.failure().code, told.records.len()), (FailureCode::Auth, 1));
    let none: Values = Values::new();
    assert_eq!(told.report.outputs, none);
}
