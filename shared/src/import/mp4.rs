//! Texts among the tags of an MP4 or MOV: `moov`, maybe `udta`, `meta`, `keys` and `ilst`. No length is believed.

pub fn is_mp4(bytes: &[u8]) -> bool {
    bytes.get(4..8) == Some(b"ftyp")
}

/// Name and text of each tag.
pub fn texts(bytes: &[u8]) -> Vec<(String, String)> {
    let Some(movie) = child(bytes, b"moov") else { return Vec::new() };
    let user = child(movie, b"udta");
    let metas = [child(movie, b"meta"), user.and_then(|user| child(user, b"meta"))];
    metas.into_iter().flatten().flat_map(tags).collect()
}

fn tags(meta: &[u8]) -> Vec<(String, String)> {
    // In MP4 four bytes of version and flags come first, in MOV the boxes begin at once.
    let boxes = if meta.get(4..8) == Some(b"hdlr") { meta } else { meta.get(4..).unwrap_or_default() };
    let keys: Vec<String> = child(boxes, b"keys").map(key_names).unwrap_or_default();
    let Some(list) = child(boxes, b"ilst") else { return Vec::new() };
    each(list)
        .filter_map(|(kind, item)| {
            let name = match &kind {
                b"\xa9cmt" => "comment".to_owned(),
                _ => keys.get((u32::from_be_bytes(kind) as usize).checked_sub(1)?)?.clone(),
            };
            // Type and locale, then the text.
            let text = child(item, b"data")?.get(8..)?;
            Some((name, String::from_utf8(text.to_vec()).ok()?))
        })
        .collect()
}

/// Version, count, then for each its length, its namespace and its name.
fn key_names(keys: &[u8]) -> Vec<String> {
    each(keys.get(8..).unwrap_or_default())
        .map(|(_, name)| String::from_utf8_lossy(name).to_lowercase())
        .map(|name| name.rsplit('.').next().unwrap_or_default().to_owned())
        .collect()
}

fn child<'b>(bytes: &'b [u8], wanted: &[u8; 4]) -> Option<&'b [u8]> {
    each(bytes).find(|(kind, _)| kind == wanted).map(|(_, content)| content)
}

/// The boxes that stand one behind the other, by kind and content.
fn each(mut bytes: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let head = bytes.first_chunk::<8>()?;
        let [a, b, c, d, kind @ ..] = *head;
        let (start, length) = match u32::from_be_bytes([a, b, c, d]) {
            // To the end of the file.
            0 => (8, bytes.len()),
            // Larger than four bytes can say.
            1 => (16, usize::try_from(u64::from_be_bytes(*bytes.get(8..)?.first_chunk::<8>()?)).ok()?),
            length => (8, length as usize),
        };
        let content = bytes.get(start..length)?;
        bytes = bytes.get(length..)?;
        Some((kind, content))
    })
}
