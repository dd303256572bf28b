//! Subtitles: read from SRT, WebVTT or JSON, and written as those. Burning them in is `video/subtitles.rs`.

use serde_json::{Value as Json, json};

use crate::{Choice, File, NodeContext, NodeError, Outputs, node};

/// Texts that one film has at most.
const CUES_MAX: usize = 5000;

/// A text, and when it is to be read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cue {
    pub start: f64,
    pub end: f64,
    pub text: String,
}

/// Reads subtitles of any kind; `field` is the input that a failure names. The result is in the order of the beginnings.
pub(super) fn read(subtitles: &Json, field: &str) -> Result<Vec<Cue>, NodeError> {
    let refuse = |why: &str| NodeError::invalid(field, why);
    let mut cues = match subtitles {
        Json::String(text) => {
            let text = text.trim_start_matches('\u{feff}').trim();
            if text.starts_with(['[', '{']) {
                let json: Json = serde_json::from_str(text)
                    .map_err(|error| refuse("the text is not JSON").with_raw(&error.to_string()))?;
                segments(&json).ok_or_else(|| refuse(NOT_SEGMENTS))?
            } else {
                timed_text(text)
            }
        }
        json => segments(json).ok_or_else(|| refuse(NOT_SEGMENTS))?,
    };
    cues.retain(|cue| !cue.text.trim().is_empty());
    if cues.is_empty() {
        return Err(refuse("there are no subtitles in it: it is neither SRT, nor WebVTT, nor a list of segments"));
    }
    if cues.len() > CUES_MAX {
        return Err(refuse(&format!("{} subtitles are too many: at most {CUES_MAX}", cues.len())));
    }
    if let Some(wrong) = cues.iter().find(|cue| cue.end <= cue.start || cue.start < 0.0) {
        let message = format!("the subtitle at {:.3} s ends before it begins", wrong.start);
        return Err(refuse(&message));
    }
    cues.sort_by(|a, b| a.start.total_cmp(&b.start));
    Ok(cues)
}

const NOT_SEGMENTS: &str = "subtitles in JSON are a list like [{\"start\": 0, \"end\": 1.5, \"text\": \"Hello\"}]";

/// Segments as speech recognition gives them: `start` and `end`, or `timestamp: [start, end]`.
fn segments(json: &Json) -> Option<Vec<Cue>> {
    let list =
        json.as_array().or_else(|| json.get("segments")?.as_array()).or_else(|| json.get("chunks")?.as_array())?;
    let cue = |item: &Json| {
        let time = |name: &str, index: usize| item.get(name).or_else(|| item.get("timestamp")?.get(index))?.as_f64();
        Some(Cue {
            start: time("start", 0)?,
            end: time("end", 1)?,
            text: item.get("text")?.as_str()?.trim().to_owned(),
        })
    };
    list.iter().map(cue).collect()
}

/// SRT and WebVTT differ in commas and headings only: a line with an arrow, then lines of text up to an empty one.
fn timed_text(text: &str) -> Vec<Cue> {
    let mut cues = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some((start, end)) = line.split_once("-->") else { continue };
        let end = end.split_whitespace().next().unwrap_or_default();
        let (Some(start), Some(end)) = (seconds(start), seconds(end)) else { continue };
        let spoken: Vec<&str> = lines.by_ref().map(str::trim).take_while(|line| !line.is_empty()).collect();
        cues.push(Cue { start, end, text: without_marks(&spoken.join("\n")) });
    }
    cues
}

/// `01:02:03,500`, `02:03.5` or `3.5` as seconds.
fn seconds(text: &str) -> Option<f64> {
    let text = text.trim().replace(',', ".");
    let parts: Vec<&str> = text.split(':').collect();
    if parts.len() > 3 {
        return None;
    }
    parts.iter().try_fold(0.0, |sum, part| {
        let number = part.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0)?;
        Some(sum * 60.0 + number)
    })
}

/// Without `<i>`, `<v Anna>` and `{\an8}`, which say how it looks, not what is said.
fn without_marks(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut closing = None;
    for letter in text.chars() {
        match (closing, letter) {
            (Some(end), letter) if letter == end => closing = None,
            (Some(_), _) => {}
            (None, '<') => closing = Some('>'),
            (None, '{') => closing = Some('}'),
            (None, letter) => kept.push(letter),
        }
    }
    kept.trim().to_owned()
}

/// The forms that players read.
#[derive(Debug, Clone, Copy, PartialEq, Choice)]
enum Form {
    #[choice(title = "SRT")]
    Srt,
    #[choice(title = "WebVTT")]
    Vtt,
}

fn written(cues: &[Cue], form: Form) -> String {
    let stamp = |seconds: f64| {
        let millis = (seconds * 1000.0).round() as u64;
        let (point, clock) = (if form == Form::Srt { ',' } else { '.' }, millis / 1000);
        format!("{:02}:{:02}:{:02}{point}{:03}", clock / 3600, clock / 60 % 60, clock % 60, millis % 1000)
    };
    let mut text = if form == Form::Vtt { "WEBVTT\n\n".to_owned() } else { String::new() };
    for (i, cue) in cues.iter().enumerate() {
        // An empty line would end the subtitle, and an arrow begin another one.
        let lines = cue.text.lines().filter(|line| !line.trim().is_empty()).collect::<Vec<_>>().join("\n");
        let lines = lines.replace("-->", "→");
        text += &format!("{}\n{} --> {}\n{lines}\n\n", i + 1, stamp(cue.start), stamp(cue.end));
    }
    text
}

#[derive(Outputs)]
struct Written {
    /// The subtitles as text.
    text: String,
    /// The subtitles as a file, for players and for uploading beside a film.
    file: File,
}

/// Writes subtitles down as SRT or WebVTT, from what speech recognition found or from a list.
#[node(
    "text.subtitles",
    title = "Write subtitles",
    example = r#"{"inputs":{"segments":{"type":"json","value":[{"start":0,"end":1.5,"text":"A slow evening"}]}},"params":{"form":"vtt"}}"#
)]
async fn write(
    /// A list of segments with `start`, `end` and `text`, or subtitles in another form.
    segments: Json,
    /// The form.
    #[param(title = "Form", default = Form::Srt)]
    form: Form,
    /// Shows everything later, or earlier when negative.
    #[param(title = "Shift", default = 0.0, min = -3600.0, max = 3600.0, step = 0.1, unit = "s")]
    shift: f64,
    ctx: &NodeContext,
) -> Result<Written, NodeError> {
    let mut cues = read(&segments, "segments")?;
    cues.iter_mut().for_each(|cue| (cue.start, cue.end) = ((cue.start + shift).max(0.0), cue.end + shift));
    cues.retain(|cue| cue.end > cue.start);
    let text = written(&cues, form);
    let file = File(ctx.store(text.clone().into_bytes().into()).await?);
    Ok(Written { text, file })
}

#[derive(Outputs)]
struct Read {
    /// The segments: `[{"start": 0, "end": 1.5, "text": "Hello"}]`.
    segments: Json,
    /// What is said, without times.
    text: String,
}

/// Reads subtitles (SRT, WebVTT or segments) into a list of segments, for translating or searching them.
#[node(
    "text.parse_subtitles",
    title = "Read subtitles",
    example = r#"{"inputs":{"subtitles":"1\n00:00:00,500 --> 00:00:02,000\nA slow evening\n"}}"#
)]
fn parse(
    /// The subtitles.
    subtitles: Json,
) -> Result<Read, NodeError> {
    let cues = read(&subtitles, "subtitles")?;
    let segments = cues.iter().map(|cue| json!({"start": cue.start, "end": cue.end, "text": cue.text})).collect();
    Ok(Read { segments, text: cues.iter().map(|cue| cue.text.as_str()).collect::<Vec<_>>().join("\n") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cue(start: f64, end: f64, text: &str) -> Cue {
        Cue { start, end, text: text.to_owned() }
    }

    #[test]
    fn every_form_reads_alike() {
        let expected = [cue(0.5, 2.0, "Hello\nthere"), cue(62.25, 63.0, "Bye")];
        let srt = "1\r\n00:00:00,500 --> 00:00:02,000\r\n<i>Hello</i>\r\nthere\r\n\r\n2\r\n00:01:02,250 --> 00:01:03,000\r\n{\\an8}Bye\r\n";
        let vtt = "WEBVTT\n\nNOTE by hand\n\n00:00.500 --> 00:02.000 line:0\n<v Anna>Hello\nthere\n\n01:02.250 --> 01:03.000\nBye";
        let list =
            json!([{"start": 0.5, "end": 2, "text": "Hello\nthere"}, {"timestamp": [62.25, 63], "text": " Bye"}]);
        for subtitles in [json!(srt), json!(vtt), list.clone(), json!({"chunks": list}), json!(list.to_string())] {
            assert_eq!(read(&subtitles, "x").unwrap(), expected, "{subtitles}");
        }
        for form in [Form::Srt, Form::Vtt] {
            assert_eq!(read(&written(&expected, form).into(), "x").unwrap(), expected, "{form:?}");
        }
    }

    #[test]
    fn what_are_no_subtitles_is_refused() {
        for json in [json!("hello"), json!([1]), json!("{"), json!([{"start": 2, "end": 1, "text": "x"}]), json!(7)] {
            assert!(read(&json, "x").is_err(), "{json}");
        }
    }
}
