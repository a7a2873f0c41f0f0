"""Files to items: text formats, any audio container, resampling, voice activity, language tags."""
