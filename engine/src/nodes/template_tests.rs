//! The starter templates: readable, tidy, and those that need no key run to the end with what they promise.

use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

use serde_json::Value as Json;
use shared::{
    check::check,
    exchange,
    graph::{Graph, Node},
    node::ParamKind,
    value::{Media, Value},
};
use tokio_util::sync::CancellationToken;

use crate::{
    BlobStore, DiscardGenerations, Engine, EngineConfig, EventLog, FixedKeys, Limits, LocalModels, MemoryBlobs,
    MemoryCache, NoApprovals, NoCheckpoints, NoWorkflows, Outbound, OutboundPolicy, RunReport, RunRequest, catalog,
    samples::{self, SAMPLES},
};

fn templates() -> BTreeMap<String, (String, Graph)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/templates");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = paths.filter(|path| path.extension().is_some_and(|ending| ending == "json"));
    let read = |path: std::path::PathBuf| {
        let slug = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let graph =
            exchange::read(&text, exchange::Limits::default()).unwrap_or_else(|error| panic!("{slug}: {error}"));
        (slug, (text, graph))
    };
    files.map(read).collect()
}

fn needs_key(graph: &Graph) -> bool {
    let specs = graph.nodes.values().filter_map(|node| catalog().get(&node.node_type));
    specs.flat_map(|spec| &spec.params).any(|param| matches!(param.kind, ParamKind::Model { .. }))
}

async fn run(slug: &str, inputs: &[(&str, &str)]) -> (Arc<MemoryBlobs>, RunReport) {
    let (_, graph) = templates().remove(slug).unwrap_or_else(|| panic!("there is no template `{slug}`"));
    let blobs = Arc::new(MemoryBlobs::new());
    samples::install(&*blobs).await.unwrap();
    let engine = Engine::new(EngineConfig {
        blobs: blobs.clone(),
        cache: Arc::new(MemoryCache::default()),
        outbound: Outbound::new(OutboundPolicy::default()),
        local_models: LocalModels::none(),
        limits: Limits::default(),
    });
    let request = RunRequest {
        run: uuid::Uuid::now_v7().into(),
        workflow: None,
        scope: String::new(),
        graph,
        targets: Vec::new(),
        from: Vec::new(),
        inputs: inputs.iter().map(|(name, value)| ((*name).to_owned(), Json::from(*value))).collect(),
        keys: Arc::new(FixedKeys::none()),
        generations: Arc::new(DiscardGenerations),
        checkpoints: Arc::new(NoCheckpoints),
        workflows: Arc::new(NoWorkflows),
        approvals: Arc::new(NoApprovals),
        cancel: CancellationToken::new(),
    };
    let report = engine.run(&request, Arc::new(EventLog::default())).await.unwrap();
    assert!(report.failures.is_empty(), "{slug}: {:?}", report.failures);
    (blobs, report)
}

fn media<'r>(report: &'r RunReport, name: &str) -> &'r Media {
    report.outputs[name].media().unwrap_or_else(|| panic!("`{name}` is not media"))
}

fn assert_film(film: &Media, size: (u32, u32), fps: f64, seconds: f64) {
    assert_eq!((film.mime.as_str(), film.codec.as_deref()), ("video/mp4", Some("h264")));
    assert_eq!((film.width, film.height, film.fps), (Some(size.0), Some(size.1), Some(fps)));
    let measured = film.duration_millis.unwrap() as f64 / 1000.0;
    assert!((measured - seconds).abs() < 0.06, "{measured} s instead of {seconds} s");
    assert_eq!(film.has_audio, Some(true));
}

#[test]
fn every_template_is_a_workflow_without_problems() {
    let templates = templates();
    assert!(templates.values().filter(|(_, graph)| !needs_key(graph)).count() >= 5);
    assert!(templates.values().any(|(_, graph)| needs_key(graph)));
    for (slug, (text, graph)) in &templates {
        assert_eq!(check(graph, catalog()), [], "{slug}");
        assert!(!graph.meta.title.is_empty() && graph.meta.description.len() > 40, "{slug}");
        assert_eq!(&exchange::write(graph), text, "{slug} is not as `export` writes it");
    }
}

#[test]
fn templates_refer_to_samples_as_they_are() {
    let sizes: BTreeMap<String, usize> =
        SAMPLES.iter().map(|sample| (sample.hash().to_string(), sample.bytes.len())).collect();
    for (slug, (_, graph)) in templates() {
        for (id, node) in &graph.nodes {
            for value in node.params.values() {
                let Ok(media) = serde_json::from_value::<Media>(value.clone()) else { continue };
                let size = sizes.get(media.blob.as_str());
                assert_eq!(size, Some(&(media.size_bytes as usize)), "{slug}, {id}: not a sample as it is now");
                if let Some(poster) = &media.poster {
                    assert!(sizes.contains_key(poster.as_str()), "{slug}, {id}: the poster is no sample");
                }
            }
        }
    }
}

#[test]
fn templates_are_laid_out_from_left_to_right_without_overlaps() {
    // A card is 280 wide. How high it is depends on what is in it, and only a browser knows: places come from what was
    // measured there, where the lowest of two cards above each other is 300 and none in a frame is lower than 140.
    let overlap =
        |a: &Node, b: &Node| (a.pos[0] - b.pos[0]).abs() < 280.0 + 60.0 && (a.pos[1] - b.pos[1]).abs() < 300.0 + 60.0;
    for (slug, (_, graph)) in templates() {
        let nodes: Vec<_> = graph.nodes.iter().collect();
        for (i, (a_id, a)) in nodes.iter().enumerate() {
            for (b_id, b) in &nodes[i + 1..] {
                assert!(!overlap(a, b), "{slug}: {a_id} and {b_id} are too close");
            }
            let frame = a.frame.as_ref().map(|frame| &graph.frames[frame]);
            if let Some(frame) = frame {
                let within = |axis: usize, side: f64| {
                    a.pos[axis] >= frame.pos[axis] && a.pos[axis] + side <= frame.pos[axis] + frame.size[axis]
                };
                assert!(within(0, 280.0) && within(1, 140.0), "{slug}: {a_id} sticks out of its frame");
            }
        }
        for edge in graph.edges.values() {
            let (from, to) = (&graph.nodes[&edge.from], &graph.nodes[&edge.to]);
            assert!(from.pos[0] <= to.pos[0], "{slug}: a wire runs back from {} to {}", edge.from, edge.to);
        }
    }
}

#[tokio::test]
async fn photos_to_film_keeps_its_promise() {
    let (_, report) = run("photos-to-film", &[("title", "Hello")]).await;
    assert_film(media(&report, "film"), (1280, 720), 24.0, 10.5);
}

#[tokio::test]
async fn vertical_teaser_keeps_its_promise() {
    let (_, report) = run("vertical-teaser", &[]).await;
    assert_film(media(&report, "teaser"), (720, 1280), 30.0, 5.2);
    assert_eq!((media(&report, "cover").width, media(&report, "cover").height), (Some(720), Some(1280)));
}

#[tokio::test]
async fn title_card_and_cut_keeps_its_promise() {
    let (_, report) = run("title-card-and-cut", &[("title", "Hello")]).await;
    assert_film(media(&report, "film"), (640, 360), 24.0, 5.5);
}

#[tokio::test]
async fn poster_maker_keeps_its_promise() {
    let (blobs, report) = run("poster-maker", &[("headline", "Hello")]).await;
    let poster = media(&report, "poster");
    assert_eq!((poster.width, poster.height), (Some(864), Some(1080)));
    let bytes = blobs.read(&poster.blob).await.unwrap();
    let pixels = image::load_from_memory(&bytes).unwrap().into_rgb8();
    let white = pixels.enumerate_pixels().filter(|(_, y, pixel)| (700..960).contains(y) && pixel.0 == [255; 3]).count();
    assert!(white > 5000, "the headline is missing: {white}");
}

#[tokio::test]
async fn storyboard_text_keeps_its_promise() {
    let (_, report) = run("storyboard-text", &[("mood", "loud")]).await;
    let Value::Text(board) = &report.outputs["storyboard"] else { panic!("a storyboard is text") };
    assert!(board.contains("Mood: loud") && board.contains("4. Galaxies (4 s, still)"), "{board}");
    assert!(board.ends_with("Together: 12 s"), "{board}");
    assert_eq!(report.outputs["headline"], Value::Text("FROM A MEADOW TO THE STARS — in cinemas never".into()));
}

#[tokio::test]
async fn film_kit_keeps_its_promise() {
    let (_, report) = run("film-kit", &[]).await;
    assert_eq!((media(&report, "gif").mime.as_str(), media(&report, "gif").width), ("image/gif", Some(320)));
    assert_eq!(media(&report, "cover").width, Some(640));
    assert_eq!(report.outputs["facts"], Value::Text("This clip is 4 seconds long, in 640 pixels across.".into()));
    let seconds = media(&report, "sound").duration_millis.unwrap() as f64 / 1000.0;
    assert!((seconds - 4.0).abs() < 0.06, "{seconds}");
}

#[tokio::test]
async fn subtitled_clip_keeps_its_promise() {
    let (blobs, report) = run("subtitled-clip", &[]).await;
    assert_film(media(&report, "film"), (640, 360), 24.0, 4.0);
    let file = blobs.read(&media(&report, "subtitles").blob).await.unwrap();
    let text = String::from_utf8(file.to_vec()).unwrap();
    assert!(text.starts_with("WEBVTT") && text.contains("00:00:02.200 --> 00:00:03.700\nand a coffee"), "{text}");
}

#[tokio::test]
async fn picture_in_picture_keeps_its_promise() {
    let (_, report) = run("picture-in-picture", &[]).await;
    assert_film(media(&report, "film"), (640, 360), 24.0, 4.0);
    assert_film(media(&report, "comparison"), (1280, 360), 24.0, 4.0);
}

#[tokio::test]
async fn boomerang_and_sheet_keeps_its_promise() {
    let (_, report) = run("boomerang-and-sheet", &[]).await;
    let boomerang = media(&report, "boomerang");
    assert_eq!((boomerang.mime.as_str(), boomerang.width), ("image/webp", Some(320)));
    assert_eq!(media(&report, "sheet").width, Some(3 * 240 + 4 * 8));
    let Value::List(colors) = &report.outputs["colors"] else { panic!("colours are a list") };
    assert_eq!(colors.len(), 5);
    let Value::Json(facts) = &report.outputs["facts"] else { panic!("facts are JSON") };
    assert_eq!((&facts["frames"], &facts["aspect_ratio"]), (&96.into(), &"16:9".into()));
}
