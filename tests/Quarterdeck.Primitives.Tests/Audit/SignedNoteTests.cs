using Quarterdeck.Primitives.Audit;

namespace Quarterdeck.Primitives.Tests.Audit;

public sealed class SignedNoteTests
{
    // The example of golang.org/x/mod/sumdb/note.
    private const string Signer = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    private const string Verifier = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    private const string Text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";

    private const string Note = Text
        + "\n\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    [Fact]
    public void The_published_example_is_signed_and_verified()
    {
        var key = NoteSigningKey.Parse(Signer);
        Assert.Equal(Verifier, key.Verifier.ToString());
        Assert.Equal(Signer, key.ToFileText());
        Assert.Equal(Note, SignedNote.Sign(Text, key));
        var note = SignedNote.Parse(Note);
        Assert.Equal(Text, note.Text);
        Assert.Equal(NoteSignature.Good, note.SignatureOf(NoteVerifierKey.Parse(Verifier)));
    }

    [Fact]
    public void An_unknown_signer_is_ignored_and_a_false_signature_of_a_known_one_is_not()
    {
        var key = NoteSigningKey.Generate("log");
        var other = NoteSigningKey.Generate("witness");
        var note = SignedNote.Sign(Text, key);
        var both = note + SignedNote.Sign(Text, other)[(Text.Length + 1)..];
        Assert.Equal(NoteSignature.Good, SignedNote.Parse(both).SignatureOf(key.Verifier));
        Assert.Equal(NoteSignature.Good, SignedNote.Parse(both).SignatureOf(other.Verifier));
        Assert.Equal(NoteSignature.Absent, SignedNote.Parse(note).SignatureOf(other.Verifier));
        Assert.Equal(NoteSignature.Wrong, SignedNote.Parse("x" + note).SignatureOf(key.Verifier));
    }

    [Theory]
    [InlineData("")]
    [InlineData("no signature\n")]
    [InlineData("text\n\nno dash\n")]
    [InlineData("text\n\n\u2014 name !!!\n")]
    [InlineData("text\r\n\n\u2014 name AAAAAAAA\n")]
    public void What_is_no_note_is_refused(string note) => Assert.Throws<FormatException>(() => SignedNote.Parse(note));

    [Theory]
    [InlineData("")]
    [InlineData("PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")]
    [InlineData("PeterNeumann+c74f20a3+AhpC2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")]
    [InlineData("PeterNeumann+c74f20a3+ARpc")]
    public void A_mistyped_key_is_refused(string key) => Assert.Throws<FormatException>(() => NoteVerifierKey.Parse(key));

    [Fact]
    public void A_checkpoint_has_the_C2SP_form_and_comes_back()
    {
        var checkpoint = new Checkpoint("quarterdeck/devnet", 20852163, Hash32.Parse("0a0b0c" + new string('0', 58)));
        Assert.Equal("quarterdeck/devnet\n20852163\nCgsMAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", checkpoint.ToString());
        Assert.Equal(checkpoint, Checkpoint.Parse(checkpoint.ToString()));
        Assert.Equal(checkpoint, Checkpoint.Parse(checkpoint + "an extension\n"));
    }

    [Theory]
    [InlineData("log\n01\nCgsMAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")]
    [InlineData("log\n-1\nCgsMAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")]
    [InlineData("log\n1\nCgsM\n")]
    [InlineData("\n1\nCgsMAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")]
    [InlineData("log\n1\n")]
    public void Another_form_of_checkpoint_is_refused(string text) => Assert.Throws<FormatException>(() => Checkpoint.Parse(text));
}
